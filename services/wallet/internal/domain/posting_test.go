package domain

import (
	"errors"
	"math"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func TestM3_EveryPostingMovesItsAmountFromOneAccountToAnother(t *testing.T) {
	held, err := Credit(Balances{}, reward(), noon)
	if err != nil {
		t.Fatal(err)
	}
	free := reward()
	free.Hold = 0
	available, err := Credit(Balances{}, free, noon)
	if err != nil {
		t.Fatal(err)
	}
	start := Balances{Held: 7000, Available: 100, Earned: 7100}
	s := Settlement{ID: "x/" + reward().ID, RewardID: reward().ID, Beneficiary: "ann", Currency: "INR", Reason: "REFUND"}
	for name, c := range map[string]struct {
		post                func() (Posting, error)
		kind                PostingKind
		source, destination string
		after               Balances
	}{
		"held reward": {
			func() (Posting, error) { return Credit(start, reward(), noon) },
			PostingRewardHeld, "budget/p1", "user/ann/held", Balances{Held: 12000, Available: 100, Earned: 12100},
		},
		"reward without hold": {
			func() (Posting, error) { return Credit(start, free, noon) },
			PostingRewardAvailable, "budget/p1", "user/ann/available", Balances{Held: 7000, Available: 5100, Earned: 12100},
		},
		"release": {
			func() (Posting, error) { return Release(start, held, s) },
			PostingRelease, "user/ann/held", "user/ann/available", Balances{Held: 2000, Available: 5100, Earned: 7100},
		},
		"cancelled hold": {
			func() (Posting, error) { return CancelHold(start, held, s) },
			PostingHoldReversal, "user/ann/held", "budget/p1", Balances{Held: 2000, Available: 100, Earned: 2100},
		},
		"reversal": {
			func() (Posting, error) { return Debit(start, available, s, ClawbackAllowNegative) },
			PostingReversal, "user/ann/available", "budget/p1", Balances{Held: 7000, Available: -4900, Earned: 2100},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := c.post()
			if err != nil {
				t.Fatal(err)
			}
			if p.Kind != c.kind || p.Source != c.source || p.Destination != c.destination || p.After != c.after || p.Amount != 5000 {
				t.Fatalf("got %+v", p)
			}
		})
	}
}

func TestM4_HoldEndsAfterTheHoldPeriod(t *testing.T) {
	p, err := Credit(Balances{}, reward(), noon)
	if err != nil || !p.ReleaseAt.Equal(noon.Add(time.Hour)) {
		t.Fatalf("got %v, %v", p.ReleaseAt, err)
	}
	r := reward()
	r.Hold = 0
	if p, err = Credit(Balances{}, r, noon); err != nil || !p.ReleaseAt.IsZero() {
		t.Fatalf("got %v, %v", p.ReleaseAt, err)
	}
}

func TestM1_BalanceThatWouldOverflowIsRefused(t *testing.T) {
	for name, b := range map[string]Balances{
		"held":   {Held: math.MaxInt64 - 4999},
		"earned": {Earned: math.MaxInt64 - 4999},
	} {
		if p, err := Credit(b, reward(), noon); !errors.Is(err, ErrAmountOverflow) {
			t.Errorf("%s: got %+v, %v", name, p, err)
		}
	}
	if _, err := Count(BudgetLine{ReservedAfter: math.MaxInt64 - 4999}, reward(), noon); !errors.Is(err, ErrAmountOverflow) {
		t.Errorf("budget: got %v", err)
	}
}

func TestM5_ReversalMayMakeTheBalanceNegative(t *testing.T) {
	r := reward()
	r.Hold = 0
	paid, err := Credit(Balances{}, r, noon)
	if err != nil {
		t.Fatal(err)
	}
	used := Balances{Available: 1, Earned: 5000} // the rest was redeemed
	p, err := Debit(used, paid, Settlement{ID: ReverseID(r.ID), RewardID: r.ID, Reason: "REFUND"}, ClawbackAllowNegative)
	if err != nil || p.After != (Balances{Available: -4999}) {
		t.Fatalf("got %+v, %v", p, err)
	}
	if next, err := Credit(p.After, r, noon); err != nil || next.After.Available != 1 {
		t.Fatalf("a negative balance must not block accrual: %+v, %v", next, err)
	}
}
