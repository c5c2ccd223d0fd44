package domain

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// allKinds are all kinds of postings.
var allKinds = []PostingKind{
	PostingRewardHeld, PostingRewardAvailable, PostingRelease, PostingHoldReversal, PostingReversal, PostingAdjustmentCredit,
	PostingAdjustmentDebit, PostingRedemptionRequested, PostingRedemptionPaid, PostingRedemptionFailed, PostingRedemptionCancelled,
	PostingAccountFrozen, PostingAccountUnfrozen, PostingAccountClosed, PostingRewardRefused,
}

func TestM3_FlowsExplainTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Balances
		var in, out int64
		for range rapid.IntRange(1, 30).Draw(t, "postings") {
			p := Posting{
				Kind: rapid.SampledFrom(allKinds).Draw(t, "kind"), User: "ann", Currency: "INR", ProgramID: "p1", Provider: "file",
				Amount: rapid.Int64Range(1, MaxAmount).Draw(t, "amount"),
			}
			if source, _ := p.accounts(); source == "" {
				p.Amount = 0
			}
			if p.Kind == PostingReversal {
				p.OwedPart = rapid.Int64Range(0, p.Amount).Draw(t, "owed")
			}
			p, err := p.On(b)
			if err != nil {
				t.Fatal(err)
			}
			credited, debited := p.Flow()
			in, out, b = in+credited, out+debited, p.After
			if b.Owed < 0 {
				t.Fatalf("%+v owes less than nothing", p)
			}
		}
		if total, err := b.Total(); err != nil || total != in-out {
			t.Fatalf("%d in, %d out, and %+v has %d, %v", in, out, b, total, err)
		}
	})
}

func TestM1_TotalThatWouldOverflowIsRefused(t *testing.T) {
	for _, b := range []Balances{
		{Held: math.MaxInt64, Available: 1}, {Available: math.MaxInt64, Pending: 1}, {Available: math.MinInt64, Owed: 1},
	} {
		if total, err := b.Total(); !errors.Is(err, ErrAmountOverflow) {
			t.Errorf("%+v has %d, %v", b, total, err)
		}
	}
}
