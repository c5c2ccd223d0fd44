package domain_test

import (
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain/chaintest"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

func TestLinesSurviveTheirStores(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)
	posting := domain.Posting{
		Kind: domain.PostingReversal, CommandID: "reverse/x", RewardID: "x", User: "ann", Amount: 1 << 50, Currency: "INR",
		Source: "user/ann/available", Destination: "budget/p1", ProgramID: "p1", ProgramVersion: 7, ReferralID: "r1",
		Side: domain.SideReferee, RewardKind: domain.KindTierBonus, Tier: "PRO", Reason: "REFUND", ReleaseAt: at,
		After: domain.Balances{Held: 1, Available: -(1 << 60), Earned: 3},
	}
	budget := domain.BudgetLine{
		Kind: domain.BudgetGiveBack, RewardID: "x", ProgramID: "p1", Currency: "INR", Beneficiary: "ann", Amount: 5, SpentAfter: -6,
	}
	for name, line := range map[string]domain.Line{
		"posting":       {Posting: &posting},
		"empty posting": {Posting: &domain.Posting{}},
		"budget":        {Budget: &budget},
		"empty budget":  {Budget: &domain.BudgetLine{}},
		"programme":     {Program: &domain.Program{Currency: "INR"}},
		"nothing":       {},
	} {
		t.Run(name, func(t *testing.T) { chaintest.RoundTrip(t, line) })
	}
}
