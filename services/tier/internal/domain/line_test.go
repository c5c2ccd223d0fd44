package domain_test

import (
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain/chaintest"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

func TestLinesSurviveTheirStores(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)
	step := domain.Step{
		Kind: domain.StepReversal, ReferralID: "r1", Version: 3, Fraud: true,
		Outcome: domain.Outcome{
			TierBefore: "PRO", TierAfter: "STARTER", Completed: 4, Reward: 5,
			Bonuses: []domain.Bonus{{Tier: "PRO", Amount: 1 << 50}}, Reversed: []string{"PRO", "ELITE"},
		},
		After: domain.Member{
			Completed: 4, Tier: "STARTER", TierAt: 1, TierSince: at, Premium: true, PremiumAt: 2,
			Reached: []string{"STARTER", "PRO"}, Paid: []domain.PaidBonus{{Tier: "PRO", At: 5}},
		},
	}
	for name, line := range map[string]domain.Line{
		"step":       {Step: &step},
		"empty step": {Step: &domain.Step{}},
		"claim":      {Claim: &domain.Claim{ReferralID: "r1", User: "ann"}},
		"nothing":    {},
	} {
		t.Run(name, func(t *testing.T) { chaintest.RoundTrip(t, line) })
	}
}
