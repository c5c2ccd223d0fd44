package domain

import (
	"errors"
	"maps"
	"slices"
	"time"
)

// ErrUncounted says that an account does not know yet what a programme gave its owner under the present rules: give Count
// that, from the account's postings.
var ErrUncounted = errors.New("what the programme gave the referrer was not counted yet")

// OfReferrer reports whether the limits for each referrer bound rewards of a side and kind.
func OfReferrer(side Side, kind RewardKind) bool {
	return side == SideReferrer || kind == KindTierBonus
}

// CreditUnder is Credit under the rules of the programme. Known is what the programme gave the person in the periods of its
// limits for each referrer; nil when that is not known. It fails with ErrUncounted when it is needed, with a *LimitError
// when the reward does not fit, and with ErrRulesChanged when the account was counted under later rules.
func CreditUnder(b Balances, r Reward, rules *Rules, known *ProgramCounter, at time.Time) (Posting, error) {
	posting, err := Credit(b, r, at)
	if err != nil || !OfReferrer(r.Side, r.Kind) {
		return posting, err
	}
	var limits []Limit
	var version int64
	if rules != nil {
		limits, version = rules.Of(ScopeReferrer), rules.Version
	}
	counted := b.Counters.Program(r.ProgramID)
	switch {
	case counted != nil && counted.Version > version:
		return Posting{}, ErrRulesChanged
	case len(limits) == 0:
		return posting, nil
	case counted != nil && counted.Version == version:
		known = counted
	case known == nil:
		return Posting{}, ErrUncounted
	}
	next, countedAt, err := known.with(r, *rules, limits, at)
	if err != nil {
		return Posting{}, err
	}
	posting.CountedAt = countedAt
	posting.After.Counters = b.Counters.put(next)
	return posting, nil
}

// with returns the counter after a reward, and the moment at which it counts: a clock that is late counts in the periods
// that others have begun.
func (c *ProgramCounter) with(r Reward, rules Rules, limits []Limit, at time.Time) (ProgramCounter, time.Time, error) {
	next := ProgramCounter{ProgramID: r.ProgramID, Version: rules.Version, Windows: map[Period]Window{}}
	zone := rules.Zone()
	at = at.UTC().Truncate(time.Millisecond)
	for _, w := range c.Windows {
		if at.Before(w.Start) {
			at = w.Start
		}
	}
	for i, limit := range limits {
		w := c.Windows[limit.Period].At(limit.Period, at, zone)
		if r.Amount > limit.Amount-w.Amount {
			return ProgramCounter{}, at, &LimitError{
				LimitUse: LimitUse{Index: i, Limit: limit, Used: w, Currency: r.Currency, Zone: zone}, Amount: r.Amount,
			}
		}
		w.Amount += r.Amount
		next.Windows[limit.Period] = w
	}
	return next, at, nil
}

// ReferrerWindows returns the empty windows around a moment of the limits for each referrer.
func (r Rules) ReferrerWindows(at time.Time) map[Period]Window {
	windows, zone := map[Period]Window{}, r.Zone()
	for _, limit := range r.Of(ScopeReferrer) {
		windows[limit.Period] = Window{}.At(limit.Period, at, zone)
	}
	return windows
}

// ReferrerUses returns the limits for each referrer as a counter has them at a moment.
func (r Rules) ReferrerUses(windows map[Period]Window, currency string, at time.Time) []LimitUse {
	var list []LimitUse
	for i, limit := range r.Of(ScopeReferrer) {
		used := windows[limit.Period].At(limit.Period, at, r.Zone())
		list = append(list, LimitUse{Index: i, Limit: limit, Used: used, Currency: currency, Zone: r.Zone()})
	}
	return list
}

// WithoutReward returns the counters after a reward of a programme was taken back that was counted at a moment.
func (c *Counters) WithoutReward(programID string, amount int64, countedAt time.Time) *Counters {
	i, found := c.program(programID)
	if !found {
		return c
	}
	next := c.Programs[i]
	next.Windows = maps.Clone(next.Windows)
	for period, w := range next.Windows {
		if w.Covers(countedAt) {
			w.Amount -= amount
			next.Windows[period] = w
		}
	}
	return c.put(next)
}

// Program returns the counter of a programme; nil when there is none.
func (c *Counters) Program(programID string) *ProgramCounter {
	if i, found := c.program(programID); found {
		return &c.Programs[i]
	}
	return nil
}

func (c *Counters) program(programID string) (int, bool) {
	if c == nil {
		return 0, false
	}
	return slices.BinarySearchFunc(c.Programs, programID, func(p ProgramCounter, id string) int {
		switch {
		case p.ProgramID < id:
			return -1
		case p.ProgramID > id:
			return 1
		}
		return 0
	})
}

// put returns a copy of c with the counter of one programme.
func (c *Counters) put(p ProgramCounter) *Counters {
	var next Counters
	if c != nil {
		next = *c
	}
	next.Programs = slices.Clone(next.Programs)
	if i, found := c.program(p.ProgramID); found {
		next.Programs[i] = p
	} else {
		next.Programs = slices.Insert(next.Programs, i, p)
	}
	return &next
}

// Refuse returns the posting that refuses a reward for good whose budget had been reserved. It moves nothing.
func Refuse(b Balances, r Reward, reason string) (Posting, error) {
	p := r.posting()
	p.Kind, p.Amount, p.Reason = PostingRewardRefused, 0, reason
	return p.On(b)
}
