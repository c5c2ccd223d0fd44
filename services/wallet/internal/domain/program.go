package domain

import (
	"slices"
	"time"
)

// ProgramStep says what an entry of a programme's chain did.
type ProgramStep string

// The steps of a programme's chain.
const (
	// ProgramOpened fixes the currency. It is the first.
	ProgramOpened ProgramStep = ""
	// ProgramRules sets rules.
	ProgramRules ProgramStep = "RULES"
	// ProgramAdopt takes over what one stripe gave before the rules.
	ProgramAdopt ProgramStep = "ADOPT"
	// ProgramExchange takes back the allotment of one stripe and grants it another.
	ProgramExchange ProgramStep = "EXCHANGE"
	// ProgramTakeBack takes back a reward that was reversed.
	ProgramTakeBack ProgramStep = "TAKE_BACK"
	// ProgramRefuse notes the first reward of the present periods that did not fit.
	ProgramRefuse ProgramStep = "REFUSE"
)

// Program is the state of a programme's money. Limits of the whole programme are kept here, by what is granted to the
// budget stripes: a grant counts as used until it comes back.
type Program struct {
	// Currency of every reward of the programme.
	Currency string `json:"currency"`
	// Step says what the entry did.
	Step ProgramStep `json:"step,omitempty"`
	// At is when, never earlier than the periods that the counters are in.
	At time.Time `json:"at,omitempty,omitzero"`
	// Stripe is the stripe that the step was about, Refill the number of its allotment.
	Stripe int64 `json:"stripe,omitempty"`
	Refill int64 `json:"refill,omitempty"`
	// Returned came back in this step, Granted was granted in it.
	Returned int64 `json:"returned,omitempty"`
	Granted  int64 `json:"granted,omitempty"`
	// Rules in force; nil when none were set.
	Rules *Rules `json:"rules,omitempty"`
	// Adopted has a bit for each stripe whose past the counters include. Until all have one, nothing is granted.
	Adopted int64 `json:"adopted,omitempty"`
	// Counters of the limits of the programme, in their order.
	Counters []LimitCounter `json:"counters,omitempty"`
	// Moves counts the steps that changed what is left.
	Moves int64 `json:"moves,omitempty"`
	// Noticed are the warnings of this step: for the counter i, bit 2i for 80 % and bit 2i+1 for 100 %.
	Noticed int64 `json:"noticed,omitempty"`
}

// LimitCounter is what a limit of a programme has been used for in a period.
type LimitCounter struct {
	// Used is what stripes were granted and rewards from before, less what came back.
	Used Window `json:"used"`
	// Warned80At and Warned100At are when the limit was first used to 80 % and fully, or did not cover a reward.
	Warned80At  time.Time `json:"warned_80_at,omitempty,omitzero"`
	Warned100At time.Time `json:"warned_100_at,omitempty,omitzero"`
}

// allAdopted is the value of Adopted when nothing is missing.
const allAdopted = 1<<BudgetStripes - 1

// Version returns the version of the rules; 0 when none were set.
func (p Program) Version() int64 {
	if p.Rules == nil {
		return 0
	}
	return p.Rules.Version
}

// Ready reports whether the counters include the past of all stripes, so that allotments can be granted.
func (p Program) Ready() bool { return len(p.Counters) == 0 || p.Adopted == allAdopted }

// Includes reports whether the counters include the past of a stripe.
func (p Program) Includes(stripe int64) bool { return p.Adopted&(1<<stripe) != 0 }

// Put returns the step that sets rules, whose version follows that of the rules in force. It fails with ErrRulesChanged.
func (p Program) Put(rules Rules, at time.Time) (Program, error) {
	if rules.Version != p.Version()+1 {
		return Program{}, ErrRulesChanged
	}
	p = p.step(ProgramRules, at)
	rules.SetAt = p.At
	p.Rules, p.Adopted, p.Counters = &rules, 0, make([]LimitCounter, len(rules.Of(ScopeProgram)))
	p.Moves++
	return p.rolled(p.At), nil
}

// Adopt returns the step that adds what a stripe gave in the periods of the given windows, one for each counter, before it
// came under the rules. It fails with ErrRulesChanged, and with ErrStale when a period has passed.
func (p Program) Adopt(version, stripe int64, given []Window, at time.Time) (Program, error) {
	if p.Version() != version || len(given) != len(p.Counters) {
		return Program{}, ErrRulesChanged
	}
	p = p.step(ProgramAdopt, at).rolled(at)
	p.Stripe = stripe
	for i := range given {
		used := &p.Counters[i].Used
		if !given[i].Start.Equal(used.Start) {
			return Program{}, ErrStale
		}
		var err error
		if used.Amount, err = Add(used.Amount, given[i].Amount); err != nil {
			return Program{}, err
		}
	}
	p.Adopted |= 1 << stripe
	p.Moves++
	if p.Adopted == allAdopted {
		p = p.warned()
	}
	return p, nil
}

// Refill is the request of a stripe for an allotment.
type Refill struct {
	// Stripe asks for its allotment Number.
	Stripe, Number int64
	// Returned is what it gives up, of what it was granted at Since.
	Returned int64
	Since    time.Time
	// Needed is the least that is of use.
	Needed int64
}

// allotmentPart is the part of what is left that one refill grants, so that a stripe seldom has to ask and no stripe holds
// much that others need.
const allotmentPart = 64

// Exchange returns the step that takes back what r gives up, in all periods that it was granted in and that last, and
// grants what r needs, or more while there is plenty; nothing if less than that is left. It fails with ErrRulesChanged and,
// before Ready, with ErrStale.
func (p Program) Exchange(version int64, r Refill, at time.Time) (Program, error) {
	switch {
	case p.Version() != version:
		return Program{}, ErrRulesChanged
	case !p.Ready():
		return Program{}, ErrStale
	}
	p = p.step(ProgramExchange, at).rolled(at)
	p.Stripe, p.Refill, p.Returned = r.Stripe, r.Number, r.Returned
	p.use(-r.Returned, r.Since)
	left, _ := p.tightest()
	if r.Needed > 0 && left >= r.Needed {
		p.Granted = max(r.Needed, left/allotmentPart)
		p.use(p.Granted, p.At)
	}
	if p.Granted != 0 || p.Returned != 0 {
		p.Moves++
	}
	return p.warned(), nil
}

// Allotment returns what an exchange granted.
func (p Program) Allotment() Allotment {
	a := Allotment{Number: p.Refill, Amount: p.Granted, Since: p.At}
	for _, c := range p.Counters {
		if end := c.Used.End; !end.IsZero() && (a.Until.IsZero() || end.Before(a.Until)) {
			a.Until = end
		}
	}
	return a
}

// TakeBack returns the step that gives a reward back which was counted under a version, at a moment. Under later rules it
// changes nothing: they took over what was left after it.
func (p Program) TakeBack(version, amount int64, countedAt, at time.Time) (Program, error) {
	p = p.step(ProgramTakeBack, at)
	p.Returned = amount
	if p.Version() != version {
		return p, nil
	}
	p.use(-amount, countedAt)
	p.Moves++
	return p, nil
}

// Refuse returns the step that notes that a reward did not fit into limit i. It fails with ErrStale when that is noted
// already.
func (p Program) Refuse(version int64, i int, at time.Time) (Program, error) {
	if p.Version() != version || i >= len(p.Counters) {
		return Program{}, ErrRulesChanged
	}
	p = p.step(ProgramRefuse, at).rolled(at)
	if !p.Counters[i].Warned100At.IsZero() {
		return Program{}, ErrStale
	}
	p.notice(i, true)
	return p, nil
}

// Room returns what could be granted at a moment if stripes gave back their allotments, and which limit leaves the least.
func (p Program) Room(at time.Time, allotments ...Quota) (room int64, limit LimitUse) {
	p = p.rolled(at)
	for _, q := range allotments {
		p.use(-q.Left, q.Since)
		p.use(-q.Returned, q.Since)
	}
	room, i := p.tightest()
	return room, p.uses()[i]
}

// step returns p as the beginning of its next step. The counters are copied.
func (p Program) step(kind ProgramStep, at time.Time) Program {
	p.Step, p.Stripe, p.Refill, p.Returned, p.Granted, p.Noticed = kind, 0, 0, 0, 0, 0
	if at = at.UTC().Truncate(time.Millisecond); at.After(p.At) {
		p.At = at
	}
	p.Counters = slices.Clone(p.Counters)
	return p
}

// rolled returns p with its counters in the periods around a moment, or in later ones if they are there already.
func (p Program) rolled(at time.Time) Program {
	if p.Rules == nil {
		return p
	}
	if at.Before(p.At) {
		at = p.At
	}
	zone, limits := p.Rules.Zone(), p.Rules.Of(ScopeProgram)
	p.Counters = slices.Clone(p.Counters)
	for i := range p.Counters {
		used := p.Counters[i].Used
		if now := used.At(limits[i].Period, at, zone); now != used {
			p.Counters[i] = LimitCounter{Used: now}
		}
	}
	return p
}

// use adds an amount to every counter whose period covers a moment. What was used never leaves 64 bits: it is the sum of
// amounts below MaxLimit and of what stripes hold, which are checked.
func (p Program) use(amount int64, at time.Time) {
	for i := range p.Counters {
		if p.Counters[i].Used.Covers(at) {
			p.Counters[i].Used.Amount += amount
		}
	}
}

// tightest returns the least that a limit leaves, and which one.
func (p Program) tightest() (left int64, limit int) {
	limits := p.Rules.Of(ScopeProgram)
	for i, c := range p.Counters {
		if l := limits[i].Amount - c.Used.Amount; i == 0 || l < left {
			left, limit = l, i
		}
	}
	return left, limit
}
