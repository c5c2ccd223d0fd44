package grpcserver

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/refersuite/refersuite/pkg/page"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Budgets are the use cases about the money of programmes.
type Budgets interface {
	// SetBudget replaces the rules of a programme's money.
	SetBudget(ctx context.Context, programID, currency string, rules domain.Rules) (app.Budget, error)
	// Budget returns the money of a programme, and the limits of one referrer if one is named.
	Budget(ctx context.Context, programID, referrerID string) (app.Budget, error)
	// Queued returns a page of the rewards that wait, the longest waiting first.
	Queued(ctx context.Context, programID string, after app.QueuePlace, limit int) ([]app.QueuedReward, error)
}

const (
	defaultQueuePage = 50
	maxQueuePage     = 500
)

// SetBudget replaces the rules of a programme's money.
func (s *Server) SetBudget(ctx context.Context, req *walletv1.SetBudgetRequest) (*walletv1.SetBudgetResponse, error) {
	budget, err := s.ledger.SetBudget(ctx, req.GetProgramId(), req.GetCurrency(), rulesFromProto(req))
	if err != nil {
		return nil, err
	}
	return &walletv1.SetBudgetResponse{Budget: budgetToProto(budget)}, nil
}

// GetBudget returns the money of a programme.
func (s *Server) GetBudget(ctx context.Context, req *walletv1.GetBudgetRequest) (*walletv1.GetBudgetResponse, error) {
	budget, err := s.ledger.Budget(ctx, req.GetProgramId(), req.GetReferrerId())
	if err != nil {
		return nil, err
	}
	return &walletv1.GetBudgetResponse{Budget: budgetToProto(budget)}, nil
}

// queueQuery is what a page token of ListQueuedRewards belongs to.
type queueQuery struct {
	List    string `json:"list"`
	Program string `json:"program"`
}

// queueCursor is where a page begins: after a reward.
type queueCursor struct {
	QueuedAt time.Time `json:"queued_at"`
	ID       string    `json:"id"`
}

// ListQueuedRewards returns the rewards of a programme that wait for budget.
func (s *Server) ListQueuedRewards(ctx context.Context, req *walletv1.ListQueuedRewardsRequest) (*walletv1.ListQueuedRewardsResponse, error) {
	query := queueQuery{List: "wallet.queued_rewards", Program: req.GetProgramId()}
	var cursor queueCursor
	if token := req.GetPageToken(); token != "" {
		if err := page.Decode(token, query, &cursor); err != nil {
			return nil, err
		}
	}
	size := page.Size(req.GetPageSize(), defaultQueuePage, maxQueuePage)
	list, err := s.ledger.Queued(ctx, req.GetProgramId(), app.QueuePlace(cursor), size+1)
	if err != nil {
		return nil, err
	}
	answer := &walletv1.ListQueuedRewardsResponse{}
	for _, q := range list[:min(size, len(list))] {
		answer.Rewards = append(answer.Rewards, queuedToProto(q))
	}
	if len(list) > size {
		last := list[size-1]
		if answer.NextPageToken, err = page.Encode(query, queueCursor{QueuedAt: last.QueuedAt, ID: last.ID}); err != nil {
			return nil, fmt.Errorf("make the next page token: %w", err)
		}
	}
	return answer, nil
}

func queuedToProto(q app.QueuedReward) *walletv1.QueuedReward {
	return &walletv1.QueuedReward{
		RewardId: q.ID, BeneficiaryId: q.Beneficiary, ReferralId: q.ReferralID, AmountMinor: q.Amount, Currency: q.Currency,
		QueuedAt: timestamppb.New(q.QueuedAt), Attempts: int32(min(q.Attempts, 1<<31-1)),
	}
}
