package domain

import (
	"fmt"
	"strings"
	"time"
)

// AccountStatus is the state of an account.
type AccountStatus string

// The states of an account.
const (
	// AccountActive earns and can be redeemed.
	AccountActive AccountStatus = ""
	// AccountFrozen earns; nothing can be redeemed.
	AccountFrozen AccountStatus = "FROZEN"
	// AccountClosed takes no rewards and pays nothing; reversals still reach it.
	AccountClosed AccountStatus = "CLOSED"
)

// Balances is the state of a person's account in one currency, in minor units. The zero value is an account without
// postings. At every moment Held + Available + Pending - Owed is what came in less what went out.
type Balances struct {
	// Held may still be cancelled.
	Held int64 `json:"held"`
	// Available is the person's to use; negative after a reversal of what was used.
	Available int64 `json:"available"`
	// Earned is every reward ever credited less everything taken back.
	Earned int64 `json:"earned"`
	// Pending is on the way to a payout.
	Pending int64 `json:"pending,omitempty"`
	// Owed is what reversals could not take from available; later credits pay it off. Never negative.
	Owed int64 `json:"owed,omitempty"`
	// Status of the account.
	Status AccountStatus `json:"status,omitempty"`
	// Counters are what limits need to know; nil when none applies. They are never changed after they are made.
	Counters *Counters `json:"counters,omitempty"`
}

// Counters are the sums of calendar periods that limits of an account look at. They travel along the chain, so that a
// limit is checked in the one write that posts.
type Counters struct {
	// Redeemed is what was redeemed on a day.
	Redeemed *Window `json:"redeemed,omitempty"`
	// Programs are what programmes with limits for each referrer gave, ordered by programme.
	Programs []ProgramCounter `json:"programs,omitempty"`
}

// Window is a sum over a calendar period.
type Window struct {
	// Start of the period in UTC; zero for all time.
	Start time.Time `json:"start,omitempty,omitzero"`
	// End of the period, exclusive; zero for all time, and where nobody needs it.
	End time.Time `json:"end,omitempty,omitzero"`
	// Amount in minor units.
	Amount int64 `json:"amount"`
}

// ProgramCounter is what one programme gave the owner of an account as a referrer, less what was taken back.
type ProgramCounter struct {
	ProgramID string `json:"program"`
	// Version of the budget's rules that the windows were counted under; under another one they are counted anew.
	Version int64 `json:"version"`
	// Windows by period; those without a limit are absent.
	Windows map[Period]Window `json:"windows,omitempty"`
}

// Period is the calendar period that a limit is for.
type Period string

// The periods of limits.
const (
	PeriodTotal Period = "TOTAL"
	PeriodDay   Period = "DAY"
	PeriodWeek  Period = "WEEK"
	PeriodMonth Period = "MONTH"
)

// after returns b moved by the accounts that p names, whatever its kind says.
func (b Balances) after(p Posting) (Balances, error) {
	b, err := b.move(p.Source, p.User, -p.Amount)
	if err != nil {
		return Balances{}, err
	}
	if b, err = b.move(p.Destination, p.User, p.Amount); err != nil {
		return Balances{}, err
	}
	b.Status = p.statusAfter(b.Status)
	if p.OwedPart == 0 {
		return b, nil
	}
	// A reversal leaves the part in available and puts it on owed; a credit moves it from available to owed.
	sign := int64(-1)
	if p.Source == AvailableAccount(p.User) {
		sign = 1
	}
	if b, err = b.move(AvailableAccount(p.User), p.User, sign*p.OwedPart); err != nil {
		return Balances{}, err
	}
	return b.move(OwedAccount(p.User), p.User, sign*p.OwedPart)
}

// move adds an amount to the part of b that an account of the chart names. What a budget loses is what the person earns.
func (b Balances) move(account, user string, amount int64) (_ Balances, err error) {
	switch account {
	case HeldAccount(user):
		b.Held, err = Add(b.Held, amount)
	case AvailableAccount(user):
		b.Available, err = Add(b.Available, amount)
	case PendingAccount(user):
		b.Pending, err = Add(b.Pending, amount)
	case OwedAccount(user):
		b.Owed, err = Add(b.Owed, amount)
	default:
		if strings.HasPrefix(account, "budget/") {
			b.Earned, err = Sub(b.Earned, amount)
		}
	}
	return b, err
}

// statusAfter returns the state of an account after p.
func (p Posting) statusAfter(before AccountStatus) AccountStatus {
	switch p.Kind {
	case PostingAccountFrozen:
		return AccountFrozen
	case PostingAccountUnfrozen:
		return AccountActive
	case PostingAccountClosed:
		return AccountClosed
	default:
		return before
	}
}

// sameAs compares everything but the counters.
func (b Balances) sameAs(other Balances) bool {
	b.Counters, other.Counters = nil, nil
	return b == other
}

// String tells the amounts, for findings.
func (b Balances) String() string {
	return fmt.Sprintf("held %d, available %d, pending %d, owed %d, earned %d", b.Held, b.Available, b.Pending, b.Owed, b.Earned)
}
