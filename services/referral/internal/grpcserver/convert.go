package grpcserver

import (
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

var statusFromProto = map[referralv1.ReferralStatus]domain.Status{
	referralv1.ReferralStatus_REFERRAL_STATUS_PENDING:    domain.Pending,
	referralv1.ReferralStatus_REFERRAL_STATUS_REGISTERED: domain.Registered,
	referralv1.ReferralStatus_REFERRAL_STATUS_ACTIVE:     domain.Active,
	referralv1.ReferralStatus_REFERRAL_STATUS_QUALIFIED:  domain.Qualified,
	referralv1.ReferralStatus_REFERRAL_STATUS_COMPLETED:  domain.Completed,
	referralv1.ReferralStatus_REFERRAL_STATUS_EXPIRED:    domain.Expired,
}

var statusToProto = map[domain.Status]referralv1.ReferralStatus{
	domain.Pending:    referralv1.ReferralStatus_REFERRAL_STATUS_PENDING,
	domain.Registered: referralv1.ReferralStatus_REFERRAL_STATUS_REGISTERED,
	domain.Active:     referralv1.ReferralStatus_REFERRAL_STATUS_ACTIVE,
	domain.Qualified:  referralv1.ReferralStatus_REFERRAL_STATUS_QUALIFIED,
	domain.Completed:  referralv1.ReferralStatus_REFERRAL_STATUS_COMPLETED,
	domain.Expired:    referralv1.ReferralStatus_REFERRAL_STATUS_EXPIRED,
}

var reviewToProto = map[domain.Review]referralv1.ReviewState{
	domain.Unassessed: referralv1.ReviewState_REVIEW_STATE_UNASSESSED,
	domain.Cleared:    referralv1.ReviewState_REVIEW_STATE_CLEARED,
	domain.Held:       referralv1.ReviewState_REVIEW_STATE_HELD,
	domain.Blocked:    referralv1.ReviewState_REVIEW_STATE_BLOCKED,
}

var payoutStateToProto = map[string]referralv1.PayoutState{
	"PENDING": referralv1.PayoutState_PAYOUT_STATE_PENDING,
	"DONE":    referralv1.PayoutState_PAYOUT_STATE_DONE,
	"REFUSED": referralv1.PayoutState_PAYOUT_STATE_REFUSED,
	"PARKED":  referralv1.PayoutState_PAYOUT_STATE_PARKED,
}

// referralToProto leaves history and payouts out.
func referralToProto(a *app.Aggregate) *referralv1.Referral {
	return &referralv1.Referral{
		ReferralId: a.ID, ProgramId: a.ProgramID, ProgramVersion: a.ProgramVersion,
		ReferrerId: a.ReferrerID, RefereeId: a.RefereeID, Code: a.Code,
		Status: statusToProto[a.Status], Review: reviewToProto[a.Review],
		CreatedAt: timestamp(a.CreatedAt), ExpiresAt: timestamp(a.ExpiresAt), CompletedAt: timestamp(a.CompletedAt),
		Reversed: markToProto(a.Reversed), Rejected: markToProto(a.Rejected), Revision: a.Version,
	}
}

// wholeReferral has history and payouts too.
func wholeReferral(a *app.Aggregate) (*referralv1.Referral, error) {
	out := referralToProto(a)
	out.History = make([]*referralv1.HistoryEntry, len(a.History))
	for i := range a.History {
		s := &a.History[i]
		out.History[i] = &referralv1.HistoryEntry{Status: statusToProto[s.Status], EventId: s.EventID, Cause: s.Cause,
			OccurredAt: timestamp(s.OccurredAt), RecordedAt: timestamp(s.RecordedAt), Inferred: s.Inferred}
	}
	payouts, err := a.Payouts()
	if err != nil {
		return nil, err
	}
	for _, p := range payouts {
		out.Payouts = append(out.Payouts, &referralv1.Payout{CommandId: p.Order.ID, Kind: string(p.Order.Kind),
			State: payoutStateToProto[p.State], AmountMinor: p.Order.Body.AmountMinor, BeneficiaryId: p.Order.Body.Beneficiary,
			Attempts: int32(p.Attempts), LastError: p.LastError, NotBefore: timestamp(p.Order.NotBefore)})
	}
	return out, nil
}

func markToProto(m *domain.Mark) *referralv1.Mark {
	if m == nil {
		return nil
	}
	return &referralv1.Mark{Reason: m.Reason, By: m.By, At: timestamp(m.At)}
}
