package grpcserver

import (
	"context"

	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

var eventFromProto = map[referralv1.EventType]domain.EventType{
	referralv1.EventType_EVENT_TYPE_SIGNUP:   domain.Signup,
	referralv1.EventType_EVENT_TYPE_ACTIVITY: domain.Activity,
	referralv1.EventType_EVENT_TYPE_PURCHASE: domain.Purchase,
	referralv1.EventType_EVENT_TYPE_REFUND:   domain.Refund,
	referralv1.EventType_EVENT_TYPE_CUSTOM:   domain.Custom,
}

// RecordEvent tells what a referee did.
func (s *Server) RecordEvent(ctx context.Context, req *referralv1.RecordEventRequest) (*referralv1.RecordEventResponse, error) {
	target := app.Target{ReferralID: req.GetReferralId(), ProgramID: req.GetProgramId(), RefereeID: req.GetRefereeId()}
	a, replayed, err := s.referrals.RecordEvent(ctx, target, domain.Event{
		ID: req.GetEventId(), Type: eventFromProto[req.GetType()], Name: req.GetCustomType(),
		OccurredAt: moment(req.GetOccurredAt()), AmountMinor: req.GetAmountMinor(), By: caller(ctx),
	})
	if err != nil {
		return nil, err
	}
	return &referralv1.RecordEventResponse{Referral: referralToProto(a), Replayed: replayed}, nil
}

// ApplyReviewDecision applies a person's decision about a referral.
func (s *Server) ApplyReviewDecision(ctx context.Context, req *referralv1.ApplyReviewDecisionRequest) (*referralv1.ApplyReviewDecisionResponse, error) {
	decision := domain.Reject
	if req.GetDecision() == referralv1.ReviewDecision_REVIEW_DECISION_APPROVE {
		decision = domain.Approve
	}
	a, err := s.referrals.Review(ctx, req.GetReferralId(), domain.Verdict{Decision: decision, Reason: req.GetReason(), By: caller(ctx)})
	if err != nil {
		return nil, err
	}
	referral, err := wholeReferral(a)
	if err != nil {
		return nil, err
	}
	return &referralv1.ApplyReviewDecisionResponse{Referral: referral}, nil
}
