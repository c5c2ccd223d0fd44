package grpcserver

import (
	"encoding/hex"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

func rewardFromProto(req *walletv1.IssueRewardRequest) domain.Reward {
	return domain.Reward{
		ID:             req.GetCommandId(),
		ProgramID:      req.GetProgramId(),
		ProgramVersion: req.GetProgramVersion(),
		ReferralID:     req.GetReferralId(),
		Beneficiary:    req.GetBeneficiaryId(),
		Side:           sideFromProto(req.GetSide()),
		Kind:           rewardKindFromProto(req.GetKind()),
		Amount:         req.GetAmountMinor(),
		Currency:       req.GetCurrency(),
		Hold:           req.GetHoldPeriod().AsDuration(),
		Tier:           req.GetTier(),
	}
}

func sideFromProto(side walletv1.Side) domain.Side {
	switch side {
	case walletv1.Side_SIDE_REFERRER:
		return domain.SideReferrer
	case walletv1.Side_SIDE_REFEREE:
		return domain.SideReferee
	case walletv1.Side_SIDE_UNSPECIFIED:
		return ""
	default:
		return ""
	}
}

func rewardKindFromProto(kind walletv1.RewardKind) domain.RewardKind {
	switch kind {
	case walletv1.RewardKind_REWARD_KIND_REFERRAL:
		return domain.KindReferral
	case walletv1.RewardKind_REWARD_KIND_TIER_BONUS:
		return domain.KindTierBonus
	case walletv1.RewardKind_REWARD_KIND_UNSPECIFIED:
		return ""
	default:
		return ""
	}
}

func postingKindToProto(kind domain.PostingKind) walletv1.PostingKind {
	switch kind {
	case domain.PostingRewardHeld:
		return walletv1.PostingKind_POSTING_KIND_REWARD_HELD
	case domain.PostingRewardAvailable:
		return walletv1.PostingKind_POSTING_KIND_REWARD_AVAILABLE
	case domain.PostingRelease:
		return walletv1.PostingKind_POSTING_KIND_RELEASE
	case domain.PostingHoldReversal:
		return walletv1.PostingKind_POSTING_KIND_HOLD_REVERSAL
	case domain.PostingReversal:
		return walletv1.PostingKind_POSTING_KIND_REVERSAL
	default:
		return walletv1.PostingKind_POSTING_KIND_UNSPECIFIED
	}
}

func postingToProto(p app.Posted) *walletv1.Posting {
	return &walletv1.Posting{
		Seq:                 p.Seq,
		CommandId:           p.CommandID,
		Kind:                postingKindToProto(p.Kind),
		AmountMinor:         p.Amount,
		Currency:            p.Currency,
		Source:              p.Source,
		Destination:         p.Destination,
		RewardId:            p.RewardID,
		ProgramId:           p.ProgramID,
		ProgramVersion:      p.ProgramVersion,
		ReferralId:          p.ReferralID,
		Reason:              p.Reason,
		Tier:                p.Tier,
		HeldAfterMinor:      p.After.Held,
		AvailableAfterMinor: p.After.Available,
		PostedAt:            timestamppb.New(p.At),
		ReleaseAt:           timestamp(p.ReleaseAt),
		Hash:                hex.EncodeToString(p.Hash[:]),
		PreviousHash:        hex.EncodeToString(p.Previous[:]),
	}
}

// timestamp leaves the field absent for the zero time.
func timestamp(at time.Time) *timestamppb.Timestamp {
	if at.IsZero() {
		return nil
	}
	return timestamppb.New(at)
}
