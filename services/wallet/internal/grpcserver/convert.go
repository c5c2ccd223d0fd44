package grpcserver

import (
	"context"
	"encoding/hex"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

func rewardFromProto(ctx context.Context, req *walletv1.IssueRewardRequest) domain.Reward {
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
		TraceID:        traceID(ctx),
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

func sideToProto(side domain.Side) walletv1.Side {
	switch side {
	case domain.SideReferrer:
		return walletv1.Side_SIDE_REFERRER
	case domain.SideReferee:
		return walletv1.Side_SIDE_REFEREE
	default:
		return walletv1.Side_SIDE_UNSPECIFIED
	}
}

func rewardKindToProto(kind domain.RewardKind) walletv1.RewardKind {
	switch kind {
	case domain.KindReferral:
		return walletv1.RewardKind_REWARD_KIND_REFERRAL
	case domain.KindTierBonus:
		return walletv1.RewardKind_REWARD_KIND_TIER_BONUS
	default:
		return walletv1.RewardKind_REWARD_KIND_UNSPECIFIED
	}
}

// postingKinds are the kinds of the domain and of the API, which have the same names.
var postingKinds = map[domain.PostingKind]walletv1.PostingKind{
	domain.PostingRewardHeld:          walletv1.PostingKind_POSTING_KIND_REWARD_HELD,
	domain.PostingRewardAvailable:     walletv1.PostingKind_POSTING_KIND_REWARD_AVAILABLE,
	domain.PostingRelease:             walletv1.PostingKind_POSTING_KIND_RELEASE,
	domain.PostingHoldReversal:        walletv1.PostingKind_POSTING_KIND_HOLD_REVERSAL,
	domain.PostingReversal:            walletv1.PostingKind_POSTING_KIND_REVERSAL,
	domain.PostingAdjustmentCredit:    walletv1.PostingKind_POSTING_KIND_ADJUSTMENT_CREDIT,
	domain.PostingAdjustmentDebit:     walletv1.PostingKind_POSTING_KIND_ADJUSTMENT_DEBIT,
	domain.PostingRedemptionRequested: walletv1.PostingKind_POSTING_KIND_REDEMPTION_REQUESTED,
	domain.PostingRedemptionPaid:      walletv1.PostingKind_POSTING_KIND_REDEMPTION_PAID,
	domain.PostingRedemptionFailed:    walletv1.PostingKind_POSTING_KIND_REDEMPTION_FAILED,
	domain.PostingRedemptionCancelled: walletv1.PostingKind_POSTING_KIND_REDEMPTION_CANCELLED,
	domain.PostingAccountFrozen:       walletv1.PostingKind_POSTING_KIND_ACCOUNT_FROZEN,
	domain.PostingAccountUnfrozen:     walletv1.PostingKind_POSTING_KIND_ACCOUNT_UNFROZEN,
	domain.PostingAccountClosed:       walletv1.PostingKind_POSTING_KIND_ACCOUNT_CLOSED,
	domain.PostingRewardRefused:       walletv1.PostingKind_POSTING_KIND_REWARD_REFUSED,
}

func postingKindToProto(kind domain.PostingKind) walletv1.PostingKind { return postingKinds[kind] }

// postingKindFromProto returns the empty kind, which no posting has, for one that is not known.
func postingKindFromProto(kind walletv1.PostingKind) domain.PostingKind {
	for known, name := range postingKinds {
		if name == kind {
			return known
		}
	}
	return ""
}

func postingsToProto(postings []app.Posted) []*walletv1.Posting {
	list := make([]*walletv1.Posting, 0, len(postings))
	for _, p := range postings {
		list = append(list, postingToProto(p))
	}
	return list
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
		PendingAfterMinor:   p.After.Pending,
		OwedAfterMinor:      p.After.Owed,
		OwedPartMinor:       p.OwedPart,
		RedemptionId:        p.RedemptionID,
		Actor:               p.Actor,
		TraceId:             p.TraceID,
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

func accountStatusToProto(status domain.AccountStatus) walletv1.AccountStatus {
	switch status {
	case domain.AccountFrozen:
		return walletv1.AccountStatus_ACCOUNT_STATUS_FROZEN
	case domain.AccountClosed:
		return walletv1.AccountStatus_ACCOUNT_STATUS_CLOSED
	case domain.AccountActive:
		return walletv1.AccountStatus_ACCOUNT_STATUS_ACTIVE
	default:
		return walletv1.AccountStatus_ACCOUNT_STATUS_UNSPECIFIED
	}
}

func accountToProto(user, currency string, a app.Account) *walletv1.GetBalanceResponse {
	return &walletv1.GetBalanceResponse{
		UserId: user, Currency: currency,
		HeldMinor: a.Held, AvailableMinor: a.Available, EarnedMinor: a.Earned, PendingMinor: a.Pending, OwedMinor: a.Owed,
		Status: accountStatusToProto(a.Status), Postings: a.Postings,
	}
}
