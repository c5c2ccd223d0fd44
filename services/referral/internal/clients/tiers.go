// Package clients reaches the other services through their gRPC stubs.
package clients

import (
	"context"

	"google.golang.org/grpc"

	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Tiers is app.Tiers over gRPC.
type Tiers struct{ client tierv1.TierServiceClient }

// NewTiers returns a client of the tier service.
func NewTiers(conn grpc.ClientConnInterface) *Tiers {
	return &Tiers{client: tierv1.NewTierServiceClient(conn)}
}

// PutLadder tells the ladder of an edition.
func (t *Tiers) PutLadder(ctx context.Context, e domain.Edition) error {
	ladder := &commonv1.Ladder{Tiers: make([]*commonv1.Tier, len(e.Terms.Tiers))}
	for i, tier := range e.Terms.Tiers {
		ladder.Tiers[i] = &commonv1.Tier{Name: tier.Name, Threshold: tier.Threshold, RewardMinor: tier.RewardMinor,
			BonusMinor: tier.BonusMinor, Premium: tier.Premium}
	}
	policy := tierv1.DowngradePolicy_DOWNGRADE_POLICY_FRAUD_ONLY
	if e.Terms.Downgrade == domain.OnReversal {
		policy = tierv1.DowngradePolicy_DOWNGRADE_POLICY_ON_REVERSAL
	}
	_, err := t.client.PutLadder(ctx, &tierv1.PutLadderRequest{ProgramId: e.ProgramID, ProgramVersion: e.Version,
		Ladder: ladder, DowngradePolicy: policy})
	return err
}

// RecordCompletion counts a referral.
func (t *Tiers) RecordCompletion(ctx context.Context, commandID string, r *domain.Referral) (domain.Completion, error) {
	res, err := t.client.RecordCompletion(ctx, &tierv1.RecordCompletionRequest{CommandId: commandID, ProgramId: r.ProgramID,
		ProgramVersion: r.ProgramVersion, ReferralId: r.ID, UserId: r.ReferrerID})
	if err != nil {
		return domain.Completion{}, err
	}
	c := domain.Completion{TierBefore: res.GetTierBefore(), RewardMinor: res.GetRewardMinor()}
	for _, b := range res.GetBonuses() {
		c.Bonuses = append(c.Bonuses, domain.Bonus{Tier: b.GetTier(), AmountMinor: b.GetAmountMinor()})
	}
	return c, nil
}

// ReverseCompletion takes a referral out of the count and returns the tiers whose bonus must be taken back.
func (t *Tiers) ReverseCompletion(ctx context.Context, commandID string, r *domain.Referral, fraud bool) ([]string, error) {
	res, err := t.client.ReverseCompletion(ctx, &tierv1.ReverseCompletionRequest{CommandId: commandID, ProgramId: r.ProgramID,
		ReferralId: r.ID, UserId: r.ReferrerID, Fraud: fraud})
	return res.GetBonusesToReverse(), err
}
