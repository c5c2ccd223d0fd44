package domain

import (
	"errors"
	"time"
)

var (
	// ErrRulesChanged says that a chain is under other rules of the programme than the caller knows.
	ErrRulesChanged = errors.New("the rules of the programme changed")
	// ErrQuotaShort says that the allotment of a stripe does not cover a reward. It says nothing about the limits.
	ErrQuotaShort = errors.New("the allotment of the stripe is too small")
	// ErrStale says that a step was made for a state that has passed: look again.
	ErrStale = errors.New("the state that the step was made for has passed")
)

// Quota is what one budget stripe may give under a version of the programme's rules. Limits of a programme are kept by the
// programme's own chain; stripes hold allotments out of them, so that they need not ask it for every reward.
type Quota struct {
	// Version of the rules that the stripe is under; it refuses callers that know another one.
	Version int64 `json:"version"`
	// Limited says that the programme has limits of its own. Without, the stripe gives any amount and has no allotment.
	Limited bool `json:"limited,omitempty"`
	// Left is what remains of the allotment.
	Left int64 `json:"left,omitempty"`
	// Since is when the allotment was granted, Until when the first period it was granted for ends; zero for never.
	Since time.Time `json:"since,omitempty,omitzero"`
	Until time.Time `json:"until,omitempty,omitzero"`
	// Refill numbers the allotments.
	Refill int64 `json:"refill,omitempty"`
	// Open says that allotment Refill was asked for and is not here yet. Returned is what the stripe gave up for it, out of
	// the allotment granted at Since.
	Open     bool  `json:"open,omitempty"`
	Returned int64 `json:"returned,omitempty"`
}

// version returns the version of the rules; 0 when there are none.
func (q *Quota) version() int64 {
	if q == nil {
		return 0
	}
	return q.Version
}

// Under reports how the rules of the stripe compare with a version: 0 for the same, negative for earlier ones.
func (l BudgetLine) Under(version int64) int64 { return l.Quota.version() - version }

// covers reports whether the allotment covers an amount at a moment.
func (q *Quota) covers(amount int64, at time.Time) bool {
	return !q.Open && q.Left >= amount && (q.Until.IsZero() || at.Before(q.Until))
}

// Covers reports whether the stripe can give an amount at a moment.
func (l BudgetLine) Covers(amount int64, at time.Time) bool {
	return l.Quota == nil || !l.Quota.Limited || l.Quota.covers(amount, at)
}

// spend takes an amount out of the allotment, and returns the moment at which it counts: a clock that is late counts in the
// periods that the allotment was granted for.
func (q *Quota) spend(version, amount int64, at time.Time) (*Quota, time.Time, error) {
	switch {
	case q.version() != version:
		return nil, at, ErrRulesChanged
	case q == nil || !q.Limited:
		return q, at, nil
	case !q.covers(amount, at):
		return nil, at, ErrQuotaShort
	}
	next := *q
	next.Left -= amount
	if at.Before(q.Since) {
		at = q.Since
	}
	return &next, at, nil
}

// PutUnder returns the line that puts a stripe under new rules, without an allotment.
func PutUnder(head BudgetLine, programID, currency string, rules Rules) (BudgetLine, error) {
	if head.Quota.version() >= rules.Version {
		return BudgetLine{}, ErrRulesChanged
	}
	quota := Quota{Version: rules.Version, Limited: len(rules.Of(ScopeProgram)) > 0}
	if head.Quota != nil {
		quota.Refill = head.Quota.Refill
	}
	return head.quotaLine(BudgetRules, programID, currency, quota), nil
}

// Return returns the line that gives up the allotment of a stripe and asks for number n.
func Return(head BudgetLine, programID, currency string, version, n int64) (BudgetLine, error) {
	q := head.Quota
	switch {
	case q.version() != version:
		return BudgetLine{}, ErrRulesChanged
	case q == nil || q.Open || q.Refill != n-1:
		return BudgetLine{}, ErrStale
	}
	next := *q
	next.Refill, next.Open, next.Returned, next.Left = n, true, q.Left, 0
	return head.quotaLine(BudgetReturn, programID, currency, next), nil
}

// Receive returns the line that takes an allotment.
func Receive(head BudgetLine, programID, currency string, version int64, a Allotment) (BudgetLine, error) {
	q := head.Quota
	switch {
	case q.version() != version:
		return BudgetLine{}, ErrRulesChanged
	case q == nil || !q.Open || q.Refill != a.Number:
		return BudgetLine{}, ErrStale
	}
	next := Quota{Version: q.Version, Limited: q.Limited, Refill: q.Refill, Left: a.Amount, Since: a.Since, Until: a.Until}
	return head.quotaLine(BudgetReceive, programID, currency, next), nil
}

// Allotment is a part of a programme's limits that is granted to one stripe.
type Allotment struct {
	// Number is the number of the refill, by stripe.
	Number int64
	// Amount may be zero.
	Amount int64
	// Since is when it was granted, Until when it ends; zero for never.
	Since, Until time.Time
}

// quotaLine returns a line that changes nothing but the quota.
func (l BudgetLine) quotaLine(kind BudgetKind, programID, currency string, quota Quota) BudgetLine {
	return BudgetLine{
		Kind: kind, ProgramID: programID, Currency: currency,
		SpentAfter: l.SpentAfter, ReservedAfter: l.ReservedAfter, Quota: &quota,
	}
}
