// Package grpcserver turns the wallet's RPCs into its use cases, and their answers into messages. Requests were validated
// and authorized by the interceptors before they arrive here.
package grpcserver

import (
	"context"

	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Ledger is what the server needs of the use cases; *app.Ledger has it. Each part stands beside the RPCs that need it.
type Ledger interface {
	Rewards
	Accounts
	Postings
	Budgets
	Verification
}

// Rewards are the commands that pay people.
type Rewards interface {
	// Issue credits a reward.
	Issue(ctx context.Context, r domain.Reward) (app.Posted, error)
	// Release makes a held reward available.
	Release(ctx context.Context, s domain.Settlement) (app.Posted, error)
	// Reverse takes a reward back.
	Reverse(ctx context.Context, s domain.Settlement) (app.Posted, error)
}

// Server implements walletv1.WalletServiceServer.
type Server struct {
	walletv1.UnimplementedWalletServiceServer
	ledger      Ledger
	reconciler  Reconciler
	redemptions Redemptions
}

// New returns the RPCs over a ledger, what checks it and what pays it out.
func New(ledger Ledger, reconciler Reconciler, redemptions Redemptions) *Server {
	return &Server{ledger: ledger, reconciler: reconciler, redemptions: redemptions}
}

// IssueReward credits one reward, held until its release. Resending a command returns the first posting.
func (s *Server) IssueReward(ctx context.Context, req *walletv1.IssueRewardRequest) (*walletv1.IssueRewardResponse, error) {
	p, err := s.ledger.Issue(ctx, rewardFromProto(ctx, req))
	if err != nil {
		return nil, err
	}
	if p.Unposted {
		return &walletv1.IssueRewardResponse{Queued: true}, nil
	}
	return &walletv1.IssueRewardResponse{Posting: postingToProto(p), Replayed: p.Replayed}, nil
}

// ReleaseReward makes a held reward available. Resending a command returns the first posting.
func (s *Server) ReleaseReward(ctx context.Context, req *walletv1.ReleaseRewardRequest) (*walletv1.ReleaseRewardResponse, error) {
	p, err := s.ledger.Release(ctx, domain.Settlement{
		ID: req.GetCommandId(), RewardID: req.GetRewardId(), Beneficiary: req.GetBeneficiaryId(), Currency: req.GetCurrency(),
		TraceID: traceID(ctx),
	})
	if err != nil {
		return nil, err
	}
	return &walletv1.ReleaseRewardResponse{Posting: postingToProto(p), Replayed: p.Replayed}, nil
}

// ReverseReward takes a reward back. Resending a command returns the first posting.
func (s *Server) ReverseReward(ctx context.Context, req *walletv1.ReverseRewardRequest) (*walletv1.ReverseRewardResponse, error) {
	p, err := s.ledger.Reverse(ctx, domain.Settlement{
		ID: req.GetCommandId(), RewardID: req.GetRewardId(), Beneficiary: req.GetBeneficiaryId(), Currency: req.GetCurrency(),
		Reason: req.GetReason(), TraceID: traceID(ctx),
	})
	if err != nil {
		return nil, err
	}
	if p.Unposted {
		return &walletv1.ReverseRewardResponse{Replayed: p.Replayed}, nil
	}
	return &walletv1.ReverseRewardResponse{Posting: postingToProto(p), Replayed: p.Replayed}, nil
}
