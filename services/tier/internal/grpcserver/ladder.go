package grpcserver

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// PutLadder makes the ladder of one programme version known.
func (s *Server) PutLadder(ctx context.Context, req *tierv1.PutLadderRequest) (*tierv1.PutLadderResponse, error) {
	l := domain.Ladder{
		ProgramID: req.GetProgramId(), Version: req.GetProgramVersion(), Policy: policyFromProto(req.GetDowngradePolicy()),
	}
	for _, t := range req.GetLadder().GetTiers() {
		l.Tiers = append(l.Tiers, domain.Tier{
			Name: t.GetName(), Threshold: t.GetThreshold(), Reward: t.GetRewardMinor(), Bonus: t.GetBonusMinor(), Premium: t.GetPremium(),
		})
	}
	if err := s.members.PutLadder(ctx, l); err != nil {
		return nil, err
	}
	return &tierv1.PutLadderResponse{}, nil
}

// GetLadder returns the ladder of a programme version.
func (s *Server) GetLadder(ctx context.Context, req *tierv1.GetLadderRequest) (*tierv1.GetLadderResponse, error) {
	l, err := s.members.Ladder(ctx, req.GetProgramId(), req.GetProgramVersion())
	if err != nil {
		return nil, err
	}
	answer := &tierv1.GetLadderResponse{
		ProgramId: l.ProgramID, ProgramVersion: l.Version, Ladder: &commonv1.Ladder{}, DowngradePolicy: policyToProto(l.Policy),
	}
	for _, t := range l.Tiers {
		answer.Ladder.Tiers = append(answer.Ladder.Tiers, &commonv1.Tier{
			Name: t.Name, Threshold: t.Threshold, RewardMinor: t.Reward, BonusMinor: t.Bonus, Premium: t.Premium,
		})
	}
	return answer, nil
}

func policyFromProto(p tierv1.DowngradePolicy) domain.Policy {
	switch p {
	case tierv1.DowngradePolicy_DOWNGRADE_POLICY_ON_REVERSAL:
		return domain.OnReversal
	case tierv1.DowngradePolicy_DOWNGRADE_POLICY_FRAUD_ONLY, tierv1.DowngradePolicy_DOWNGRADE_POLICY_UNSPECIFIED:
		return domain.FraudOnly
	default:
		return domain.FraudOnly
	}
}

func policyToProto(p domain.Policy) tierv1.DowngradePolicy {
	if p == domain.OnReversal {
		return tierv1.DowngradePolicy_DOWNGRADE_POLICY_ON_REVERSAL
	}
	return tierv1.DowngradePolicy_DOWNGRADE_POLICY_FRAUD_ONLY
}

// timestamp leaves the field absent for the zero time.
func timestamp(at time.Time) *timestamppb.Timestamp {
	if at.IsZero() {
		return nil
	}
	return timestamppb.New(at)
}
