package referral_test

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	fraudv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/fraud/v1"
	leaderboardv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/leaderboard/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
	"github.com/refersuite/refersuite/services/referral/internal/partnertest"
)

// partnerServer serves the stand-ins of the four other services on one address.
type partnerServer struct{ partners *partnertest.Partners }

func (s partnerServer) Register(r grpc.ServiceRegistrar) {
	tierv1.RegisterTierServiceServer(r, tierServer{partners: s.partners})
	walletv1.RegisterWalletServiceServer(r, walletServer{partners: s.partners})
	leaderboardv1.RegisterLeaderboardServiceServer(r, scoreServer{partners: s.partners})
	fraudv1.RegisterFraudServiceServer(r, fraudServer{partners: s.partners})
}

func (s partnerServer) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

type tierServer struct {
	tierv1.UnimplementedTierServiceServer
	partners *partnertest.Partners
}

func (s tierServer) PutLadder(ctx context.Context, req *tierv1.PutLadderRequest) (*tierv1.PutLadderResponse, error) {
	terms := domain.Terms{Downgrade: domain.FraudOnly}
	for _, t := range req.GetLadder().GetTiers() {
		terms.Tiers = append(terms.Tiers, domain.Tier{Name: t.GetName(), Threshold: t.GetThreshold(), RewardMinor: t.GetRewardMinor(),
			BonusMinor: t.GetBonusMinor(), Premium: t.GetPremium()})
	}
	edition := domain.Edition{ProgramID: req.GetProgramId(), Version: req.GetProgramVersion(), Terms: terms}
	return &tierv1.PutLadderResponse{}, s.partners.PutLadder(ctx, edition)
}

func (s tierServer) RecordCompletion(ctx context.Context, req *tierv1.RecordCompletionRequest) (*tierv1.RecordCompletionResponse, error) {
	c, err := s.partners.RecordCompletion(ctx, req.GetCommandId(), &domain.Referral{ProgramID: req.GetProgramId(),
		ProgramVersion: req.GetProgramVersion(), ID: req.GetReferralId(), ReferrerID: req.GetUserId()})
	if err != nil {
		return nil, err
	}
	res := &tierv1.RecordCompletionResponse{TierBefore: c.TierBefore, RewardMinor: c.RewardMinor}
	for _, b := range c.Bonuses {
		res.Bonuses = append(res.Bonuses, &tierv1.TierBonus{Tier: b.Tier, AmountMinor: b.AmountMinor})
	}
	return res, nil
}

func (s tierServer) ReverseCompletion(ctx context.Context, req *tierv1.ReverseCompletionRequest) (*tierv1.ReverseCompletionResponse, error) {
	tiers, err := s.partners.ReverseCompletion(ctx, req.GetCommandId(), &domain.Referral{ProgramID: req.GetProgramId(),
		ProgramVersion: 1, ID: req.GetReferralId(), ReferrerID: req.GetUserId()}, req.GetFraud())
	if err != nil {
		return nil, err
	}
	return &tierv1.ReverseCompletionResponse{BonusesToReverse: tiers}, nil
}

type walletServer struct {
	walletv1.UnimplementedWalletServiceServer
	partners *partnertest.Partners
}

func (s walletServer) IssueReward(ctx context.Context, req *walletv1.IssueRewardRequest) (*walletv1.IssueRewardResponse, error) {
	body := domain.Body{Beneficiary: req.GetBeneficiaryId(), AmountMinor: req.GetAmountMinor(), Currency: req.GetCurrency(),
		Hold: req.GetHoldPeriod().AsDuration(), Tier: req.GetTier(), Side: domain.Referrer,
		Bonus: req.GetKind() == walletv1.RewardKind_REWARD_KIND_TIER_BONUS}
	if req.GetSide() == walletv1.Side_SIDE_REFEREE {
		body.Side = domain.Referee
	}
	releaseAt, err := s.partners.Issue(ctx, req.GetCommandId(), &domain.Referral{ProgramID: req.GetProgramId(), ID: req.GetReferralId(),
		ProgramVersion: req.GetProgramVersion()}, body)
	if err != nil {
		return nil, err
	}
	posting := &walletv1.Posting{RewardId: req.GetCommandId()}
	if !releaseAt.IsZero() {
		posting.ReleaseAt = timestamppb.New(releaseAt)
	}
	return &walletv1.IssueRewardResponse{Posting: posting}, nil
}

func (s walletServer) ReleaseReward(ctx context.Context, req *walletv1.ReleaseRewardRequest) (*walletv1.ReleaseRewardResponse, error) {
	return &walletv1.ReleaseRewardResponse{}, s.partners.Release(ctx, req.GetCommandId(), domain.Body{RewardID: req.GetRewardId(),
		Beneficiary: req.GetBeneficiaryId(), Currency: req.GetCurrency()})
}

func (s walletServer) ReverseReward(ctx context.Context, req *walletv1.ReverseRewardRequest) (*walletv1.ReverseRewardResponse, error) {
	return &walletv1.ReverseRewardResponse{}, s.partners.Reverse(ctx, req.GetCommandId(), domain.Body{RewardID: req.GetRewardId(),
		Beneficiary: req.GetBeneficiaryId(), Currency: req.GetCurrency(), Reason: req.GetReason()})
}

type scoreServer struct {
	leaderboardv1.UnimplementedLeaderboardServiceServer
	partners *partnertest.Partners
}

func (s scoreServer) RecordScore(ctx context.Context, req *leaderboardv1.RecordScoreRequest) (*leaderboardv1.RecordScoreResponse, error) {
	return &leaderboardv1.RecordScoreResponse{}, s.partners.Record(ctx, req.GetCommandId(),
		&domain.Referral{ProgramID: req.GetProgramId(), ReferrerID: req.GetUserId()},
		domain.Body{Delta: req.GetDelta(), OccurredAt: req.GetOccurredAt().AsTime(), TimeZone: req.GetTimeZone()})
}

type fraudServer struct {
	fraudv1.UnimplementedFraudServiceServer
	partners *partnertest.Partners
}

func (s fraudServer) Assess(ctx context.Context, req *fraudv1.AssessRequest) (*fraudv1.AssessResponse, error) {
	band, err := s.partners.Assess(ctx, app.Assessment{ProgramID: req.GetProgramId(), ReferralID: req.GetReferralId(),
		ReferrerID: req.GetReferrerId(), RefereeID: req.GetRefereeId(), Code: req.GetCode(), OccurredAt: req.GetOccurredAt().AsTime(),
		Facts: domain.Facts{IPAddress: req.GetIpAddress(), DeviceID: req.GetDeviceId(),
			ReferrerIPAddress: req.GetReferrerIpAddress(), ReferrerDeviceID: req.GetReferrerDeviceId()}})
	if err != nil {
		return nil, err
	}
	bands := map[domain.Band]fraudv1.Band{domain.Allow: fraudv1.Band_BAND_ALLOW, domain.NeedsReview: fraudv1.Band_BAND_REVIEW,
		domain.Block: fraudv1.Band_BAND_BLOCK}
	return &fraudv1.AssessResponse{Assessment: &fraudv1.Assessment{ReferralId: req.GetReferralId(), Band: bands[band]}}, nil
}
