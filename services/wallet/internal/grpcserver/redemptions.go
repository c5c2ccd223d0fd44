package grpcserver

import (
	"context"
	"fmt"
	"math"

	"github.com/refersuite/refersuite/pkg/page"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Redemptions are the use cases that pay people out; *app.Redemptions has them.
type Redemptions interface {
	// Request sets available balance aside and has it paid out.
	Request(ctx context.Context, o domain.RedemptionOrder, trace string) (_ domain.Redemption, replayed bool, err error)
	// Get returns a redemption of a person.
	Get(ctx context.Context, user, id string) (domain.Redemption, error)
	// List returns a page of redemptions, newest first.
	List(ctx context.Context, q app.RedemptionQuery, after app.RedemptionCursor, limit int) ([]domain.Redemption, bool, error)
	// Cancel cancels a redemption that was not submitted.
	Cancel(ctx context.Context, user, id, actor, trace string) (_ domain.Redemption, replayed bool, err error)
	// Confirm records by hand what became of a payout.
	Confirm(ctx context.Context, id string, o domain.RedemptionOutcome) (_ domain.Redemption, replayed bool, err error)
	// Receive records what a provider tells about a payout.
	Receive(ctx context.Context, e app.PayoutEvent) error
}

// RequestRedemption sets available balance aside and sends it to the payout provider.
func (s *Server) RequestRedemption(ctx context.Context, req *walletv1.RequestRedemptionRequest) (*walletv1.RequestRedemptionResponse, error) {
	x, replayed, err := s.redemptions.Request(ctx, domain.RedemptionOrder{
		ID: req.GetRedemptionId(), UserID: req.GetUserId(), Amount: req.GetAmountMinor(), Currency: req.GetCurrency(),
		Destination: req.GetDestination(),
	}, traceID(ctx))
	if err != nil {
		return nil, err
	}
	return &walletv1.RequestRedemptionResponse{Redemption: redemptionToProto(x), Replayed: replayed}, nil
}

// GetRedemption returns one redemption.
func (s *Server) GetRedemption(ctx context.Context, req *walletv1.GetRedemptionRequest) (*walletv1.GetRedemptionResponse, error) {
	x, err := s.redemptions.Get(ctx, req.GetUserId(), req.GetRedemptionId())
	if err != nil {
		return nil, err
	}
	return &walletv1.GetRedemptionResponse{Redemption: redemptionToProto(x)}, nil
}

// redemptionsQuery is what a page token of ListRedemptions belongs to.
type redemptionsQuery struct {
	List   string                  `json:"list"`
	User   string                  `json:"user"`
	Status domain.RedemptionStatus `json:"status"`
}

// ListRedemptions returns redemptions, newest first.
func (s *Server) ListRedemptions(ctx context.Context, req *walletv1.ListRedemptionsRequest) (*walletv1.ListRedemptionsResponse, error) {
	query := redemptionsQuery{List: "wallet.redemptions", User: req.GetUserId(), Status: redemptionStatusFromProto(req.GetStatus())}
	var cursor app.RedemptionCursor
	if token := req.GetPageToken(); token != "" {
		if err := page.Decode(token, query, &cursor); err != nil {
			return nil, err
		}
	}
	size := page.Size(req.GetPageSize(), defaultPageSize, maxPageSize)
	list, more, err := s.redemptions.List(ctx, app.RedemptionQuery{UserID: query.User, Status: query.Status}, cursor, size)
	if err != nil {
		return nil, err
	}
	answer := &walletv1.ListRedemptionsResponse{Redemptions: make([]*walletv1.Redemption, 0, len(list))}
	for _, x := range list {
		answer.Redemptions = append(answer.Redemptions, redemptionToProto(x))
	}
	if more {
		last := list[len(list)-1]
		if answer.NextPageToken, err = page.Encode(query, app.RedemptionCursor{RequestedAt: last.RequestedAt, ID: last.ID}); err != nil {
			return nil, fmt.Errorf("make the next page token: %w", err)
		}
	}
	return answer, nil
}

// CancelRedemption cancels a redemption that was not submitted yet.
func (s *Server) CancelRedemption(ctx context.Context, req *walletv1.CancelRedemptionRequest) (*walletv1.CancelRedemptionResponse, error) {
	x, replayed, err := s.redemptions.Cancel(ctx, req.GetUserId(), req.GetRedemptionId(), actor(ctx), traceID(ctx))
	if err != nil {
		return nil, err
	}
	return &walletv1.CancelRedemptionResponse{Redemption: redemptionToProto(x), Replayed: replayed}, nil
}

// ConfirmRedemption records by hand what became of a submitted payout.
func (s *Server) ConfirmRedemption(ctx context.Context, req *walletv1.ConfirmRedemptionRequest) (*walletv1.ConfirmRedemptionResponse, error) {
	x, replayed, err := s.redemptions.Confirm(ctx, req.GetRedemptionId(), domain.RedemptionOutcome{
		Status: payoutOutcomeFromProto(req.GetOutcome()), Reference: req.GetProviderReference(), Reason: req.GetReason(),
		Actor: actor(ctx), TraceID: traceID(ctx),
	})
	if err != nil {
		return nil, err
	}
	return &walletv1.ConfirmRedemptionResponse{Redemption: redemptionToProto(x), Replayed: replayed}, nil
}

// ReceivePayoutEvent records what the payout provider tells, authenticated by its signature.
func (s *Server) ReceivePayoutEvent(ctx context.Context, req *walletv1.ReceivePayoutEventRequest) (*walletv1.ReceivePayoutEventResponse, error) {
	err := s.redemptions.Receive(ctx, app.PayoutEvent{
		RedemptionID: req.GetRedemptionId(), Outcome: payoutOutcomeFromProto(req.GetOutcome()), Reference: req.GetProviderReference(),
		Reason: req.GetReason(), Timestamp: req.GetTimestamp(), Signature: req.GetSignature(), TraceID: traceID(ctx),
	})
	if err != nil {
		return nil, err
	}
	return &walletv1.ReceivePayoutEventResponse{}, nil
}

// redemptionStatuses are the states of the API and of the domain, which have the same names.
var redemptionStatuses = map[walletv1.RedemptionStatus]domain.RedemptionStatus{
	walletv1.RedemptionStatus_REDEMPTION_STATUS_REQUESTED: domain.RedemptionRequested,
	walletv1.RedemptionStatus_REDEMPTION_STATUS_SUBMITTED: domain.RedemptionSubmitted,
	walletv1.RedemptionStatus_REDEMPTION_STATUS_PAID:      domain.RedemptionPaid,
	walletv1.RedemptionStatus_REDEMPTION_STATUS_FAILED:    domain.RedemptionFailed,
	walletv1.RedemptionStatus_REDEMPTION_STATUS_CANCELLED: domain.RedemptionCancelled,
}

func redemptionStatusFromProto(status walletv1.RedemptionStatus) domain.RedemptionStatus {
	return redemptionStatuses[status]
}

func redemptionStatusToProto(status domain.RedemptionStatus) walletv1.RedemptionStatus {
	for name, s := range redemptionStatuses {
		if s == status {
			return name
		}
	}
	return walletv1.RedemptionStatus_REDEMPTION_STATUS_UNSPECIFIED
}

func payoutOutcomeFromProto(outcome walletv1.PayoutOutcome) domain.RedemptionStatus {
	if outcome == walletv1.PayoutOutcome_PAYOUT_OUTCOME_PAID {
		return domain.RedemptionPaid
	}
	return domain.RedemptionFailed
}

func redemptionToProto(x domain.Redemption) *walletv1.Redemption {
	return &walletv1.Redemption{
		RedemptionId: x.ID, UserId: x.UserID, AmountMinor: x.Amount, Currency: x.Currency,
		Status: redemptionStatusToProto(x.Status), Destination: x.Destination, Provider: x.Provider,
		ProviderReference: x.Reference, Reason: x.Reason,
		RequestedAt: timestamp(x.RequestedAt), SubmittedAt: timestamp(x.SubmittedAt), SettledAt: timestamp(x.SettledAt),
		Attempts: int32(min(x.Attempts, math.MaxInt32)),
	}
}
