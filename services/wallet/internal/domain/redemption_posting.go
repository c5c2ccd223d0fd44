package domain

import (
	"errors"
	"fmt"
	"time"
)

// RedeemID returns the id of the chain command that sets the amount of a redemption aside. Its end has the chain command
// SettleID(RedeemID(id)), whatever the end is, so the chain lets exactly one of them happen.
func RedeemID(redemptionID string) string { return "redeem/" + redemptionID }

var (
	// ErrAccountFrozen says that nothing can be redeemed from an account.
	ErrAccountFrozen = errors.New("the account is frozen: nothing can be redeemed from it")
	// ErrDailyLimit says that a redemption does not fit into what may be redeemed on one day.
	ErrDailyLimit = errors.New("more than may be redeemed on one day")
)

// Request returns the posting that sets the amount of r aside in an account with balances b, on the day that begins at
// the given time. It fails with ErrAccountClosed, ErrAccountFrozen, ErrInsufficientFunds, ErrDailyLimit or
// ErrAmountOverflow.
func (r Redemption) Request(b Balances, limits RedemptionLimits, day time.Time) (Posting, error) {
	switch {
	case b.Status == AccountClosed:
		return Posting{}, ErrAccountClosed
	case b.Status == AccountFrozen:
		return Posting{}, ErrAccountFrozen
	case b.Available < r.Amount:
		return Posting{}, fmt.Errorf("%w: %s are available, %s were asked for",
			ErrInsufficientFunds, Money(b.Available, r.Currency), Money(r.Amount, r.Currency))
	}
	p, err := r.posting(PostingRedemptionRequested).On(b)
	if err != nil {
		return Posting{}, err
	}
	redeemed, err := Add(b.redeemedOn(day), r.Amount)
	if err != nil {
		return Posting{}, err
	}
	if limits.Daily > 0 && redeemed > limits.Daily {
		return Posting{}, fmt.Errorf("%w: %s a day, %s of it are left today",
			ErrDailyLimit, Money(limits.Daily, r.Currency), Money(max(limits.Daily-b.redeemedOn(day), 0), r.Currency))
	}
	p.After.countRedeemed(Window{Start: day, Amount: redeemed})
	return p, nil
}

// End returns the posting that ends r, which is settled, in an account with balances b. Requested is the posting that set
// the amount aside. What was not paid does not count for the day of its request any more, as long as that day is counted.
func (r Redemption) End(b Balances, requested Posting) (Posting, error) {
	kind, paid := PostingRedemptionCancelled, false
	switch r.Status {
	case RedemptionPaid:
		kind, paid = PostingRedemptionPaid, true
	case RedemptionFailed:
		kind = PostingRedemptionFailed
	case RedemptionCancelled:
	default:
		return Posting{}, fmt.Errorf("redemption %s is %s: only a settled one ends", r.ID, r.Status)
	}
	p := r.posting(kind)
	p.CommandID, p.Amount = SettleID(RedeemID(r.ID)), requested.Amount
	p.Reason, p.Actor = r.Reason, r.Actor
	p, err := p.On(b)
	if err != nil || paid {
		return p, err
	}
	if counted := requested.After.Counters; counted != nil && counted.Redeemed != nil {
		if left := b.redeemedOn(counted.Redeemed.Start) - p.Amount; left >= 0 {
			p.After.countRedeemed(Window{Start: counted.Redeemed.Start, Amount: left})
		}
	}
	return p, nil
}

func (r Redemption) posting(kind PostingKind) Posting {
	return Posting{
		Kind: kind, CommandID: RedeemID(r.ID), RedemptionID: r.ID, User: r.UserID, Amount: r.Amount, Currency: r.Currency,
		Provider: r.Provider, TraceID: r.TraceID,
	}
}

// redeemedOn returns what was redeemed on the day that begins at the given time.
func (b Balances) redeemedOn(day time.Time) int64 {
	if b.Counters == nil || b.Counters.Redeemed == nil || !b.Counters.Redeemed.Start.Equal(day) {
		return 0
	}
	return b.Counters.Redeemed.Amount
}

// countRedeemed gives b counters of its own, in which w takes the place of the day counted before.
func (b *Balances) countRedeemed(w Window) {
	var c Counters
	if b.Counters != nil {
		c = *b.Counters
	}
	c.Redeemed = &w
	b.Counters = &c
}

// DayStart returns when the calendar day of a time begins in a time zone, in UTC.
func DayStart(at time.Time, zone *time.Location) time.Time {
	year, month, day := at.In(zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, zone).UTC()
}
