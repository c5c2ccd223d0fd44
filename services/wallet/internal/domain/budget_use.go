package domain

import (
	"fmt"
	"slices"
	"time"
)

// LimitUse is a limit in a period.
type LimitUse struct {
	// Index is the place of the limit among those of its scope.
	Index int
	Limit Limit
	// Used is what was given in the period, less what came back.
	Used Window
	// Currency of the amounts, and the zone that the period belongs to.
	Currency string
	Zone     *time.Location
	// Warned80At and Warned100At are when the limit was first used to 80 % and fully; zero when it was not.
	Warned80At, Warned100At time.Time
}

// Left is what may still be given.
func (u LimitUse) Left() int64 { return max(0, u.Limit.Amount-u.Used.Amount) }

// LimitError says that a reward does not fit into a limit.
type LimitError struct {
	LimitUse
	// Amount of the reward.
	Amount int64
}

// Error names the limit, its period, what is left and what to do.
func (e *LimitError) Error() string {
	remedy := "raise the limit with SetBudget"
	if !e.Used.End.IsZero() {
		remedy += " or send the reward again in the next period"
	}
	return e.Fact() + ": " + remedy
}

// Fact is Error without what to do.
func (e *LimitError) Fact() string {
	whose, period := "the programme", "for all time"
	if e.Limit.Scope == ScopeReferrer {
		whose = "each referrer"
	}
	if !e.Used.End.IsZero() {
		from, until := e.Used.Start.In(e.Zone), e.Used.End.In(e.Zone)
		period = fmt.Sprintf("from %s until %s", from.Format(time.RFC3339), until.Format(time.RFC3339))
	}
	return fmt.Sprintf("the %s limit of %s for %s %s leaves %s, the reward is %s",
		e.Limit.Period, Money(e.Limit.Amount, e.Currency), whose, period, Money(e.Left(), e.Currency), Money(e.Amount, e.Currency))
}

// uses returns the limits of the programme as its counters have them.
func (p Program) uses() []LimitUse {
	if p.Rules == nil {
		return nil
	}
	limits, list := p.Rules.Of(ScopeProgram), make([]LimitUse, 0, len(p.Counters))
	for i, c := range p.Counters {
		list = append(list, LimitUse{
			Index: i, Limit: limits[i], Used: c.Used, Currency: p.Currency, Zone: p.Rules.Zone(),
			Warned80At: c.Warned80At, Warned100At: c.Warned100At,
		})
	}
	return list
}

// Uses returns the limits of the programme in the periods around a moment, without what stripes hold and have not given.
func (p Program) Uses(at time.Time, unspent ...Quota) []LimitUse {
	p = p.rolled(at)
	for _, q := range unspent {
		p.use(-q.Left, q.Since)
		p.use(-q.Returned, q.Since)
	}
	return p.uses()
}

// warned returns p with notes on the counters that have just reached 80 % and 100 % of their limits.
func (p Program) warned() Program {
	limits := p.Rules.Of(ScopeProgram)
	for i := range p.Counters {
		if used, limit := p.Counters[i].Used.Amount, limits[i].Amount; used >= limit-limit/5 {
			p.notice(i, used >= limit)
		}
	}
	return p
}

// notice notes that counter i reached 80 % of its limit, or all of it, unless it did before in its period.
func (p *Program) notice(i int, full bool) {
	c := &p.Counters[i]
	if c.Warned80At.IsZero() {
		c.Warned80At = p.At
		p.Noticed |= 1 << (2 * i)
	}
	if full && c.Warned100At.IsZero() {
		c.Warned100At = p.At
		p.Noticed |= 1 << (2*i + 1)
	}
}

// Warning says that a limit was used to a part.
type Warning struct {
	LimitUse
	// Percent is 80 or 100.
	Percent int
	// At is when.
	At time.Time
}

// Noted returns the warnings of the step of p.
func (p Program) Noted() []Warning {
	var list []Warning
	for _, w := range Warnings(p.uses()) {
		if bit := 2*w.Index + (w.Percent-80)/20; p.Noticed&(1<<bit) != 0 {
			list = append(list, w)
		}
	}
	return list
}

// Warnings returns the warnings of limits, oldest first.
func Warnings(uses []LimitUse) []Warning {
	var list []Warning
	for _, u := range uses {
		if !u.Warned80At.IsZero() {
			list = append(list, Warning{LimitUse: u, Percent: 80, At: u.Warned80At})
		}
		if !u.Warned100At.IsZero() {
			list = append(list, Warning{LimitUse: u, Percent: 100, At: u.Warned100At})
		}
	}
	slices.SortStableFunc(list, func(a, b Warning) int { return a.At.Compare(b.At) })
	return list
}
