package domain

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// anyBalances draws the state of an account that may owe something.
func anyBalances(t *rapid.T) Balances {
	small := rapid.Int64Range(0, 10_000)
	return Balances{
		Held: small.Draw(t, "held"), Available: rapid.Int64Range(-10_000, 10_000).Draw(t, "available"),
		Pending: small.Draw(t, "pending"), Owed: small.Draw(t, "owed"),
	}
}

func TestM5_EveryCreditPaysOffWhatIsOwed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyBalances(t)
		p := Posting{
			User: "ann", Currency: "INR", ProgramID: "p1", Amount: rapid.Int64Range(1, 20_000).Draw(t, "amount"),
			Kind: rapid.SampledFrom([]PostingKind{
				PostingRewardAvailable, PostingRelease, PostingAdjustmentCredit, PostingRedemptionFailed, PostingRedemptionCancelled,
			}).Draw(t, "kind"),
		}
		p, err := p.On(b)
		if err != nil {
			t.Fatal(err)
		}
		// A negative balance is filled up first, then what is owed is paid off, and the rest is the person's.
		if paid := min(b.Owed, max(b.Available+p.Amount, 0)); p.OwedPart != paid || p.After.Owed != b.Owed-paid ||
			p.After.Available != b.Available+p.Amount-paid {
			t.Fatalf("%+v on %+v", p, b)
		}
		if p.After.Available > 0 && p.After.Owed > 0 {
			t.Fatalf("%+v has a balance and still owes", p.After)
		}
	})
}

func TestM5_WhatNeverReachesAvailablePaysOffNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyBalances(t)
		p := Posting{
			User: "ann", Currency: "INR", ProgramID: "p1", Provider: "file", Amount: rapid.Int64Range(1, 20_000).Draw(t, "amount"),
			Kind: rapid.SampledFrom([]PostingKind{
				PostingRewardHeld, PostingHoldReversal, PostingAdjustmentDebit, PostingRedemptionRequested, PostingRedemptionPaid,
			}).Draw(t, "kind"),
		}
		p, err := p.On(b)
		if err != nil || p.OwedPart != 0 || p.After.Owed != b.Owed {
			t.Fatalf("%+v on %+v, %v", p, b, err)
		}
	})
}

func TestM5_ReversalFollowsThePolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := anyBalances(t)
		given := reward()
		given.Amount, given.Hold = rapid.Int64Range(1, 20_000).Draw(t, "amount"), 0
		paid, err := Credit(Balances{}, given, noon)
		if err != nil {
			t.Fatal(err)
		}
		s := Settlement{ID: ReverseID(given.ID), RewardID: given.ID, Reason: "REFUND"}
		if _, err := Debit(b, paid, s, ClawbackBlock); !errors.Is(err, ErrClawbackBlocked) {
			t.Fatalf("got %v", err)
		}
		p, err := Debit(b, paid, s, ClawbackAllowNegative)
		if err != nil || p.After.Available != b.Available-given.Amount || p.After.Owed != b.Owed || p.OwedPart != 0 {
			t.Fatalf("%+v on %+v, %v", p, b, err)
		}
		p, err = Debit(b, paid, s, ClawbackNetFromFuture)
		taken := min(given.Amount, max(b.Available, 0))
		if err != nil || p.After.Available != b.Available-taken || p.After.Owed != b.Owed+given.Amount-taken || p.OwedPart != given.Amount-taken {
			t.Fatalf("%+v on %+v, %v", p, b, err)
		}
		if p.After.Available < min(b.Available, 0) {
			t.Fatalf("it took more than was there: %+v on %+v", p, b)
		}
	})
}
