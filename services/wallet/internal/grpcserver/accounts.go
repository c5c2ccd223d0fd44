package grpcserver

import (
	"context"

	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Accounts are the use cases about whole accounts.
type Accounts interface {
	// Balance returns the state of an account.
	Balance(ctx context.Context, user, currency string) (app.Account, error)
	// Adjust corrects an available balance by hand.
	Adjust(ctx context.Context, a domain.Adjustment) (app.Posted, error)
	// ChangeStatus freezes, unfreezes or closes an account.
	ChangeStatus(ctx context.Context, c domain.StatusChange) (account app.Account, replayed bool, err error)
}

// GetBalance returns the exact balance of one person in one currency.
func (s *Server) GetBalance(ctx context.Context, req *walletv1.GetBalanceRequest) (*walletv1.GetBalanceResponse, error) {
	account, err := s.ledger.Balance(ctx, req.GetUserId(), req.GetCurrency())
	if err != nil {
		return nil, err
	}
	return accountToProto(req.GetUserId(), req.GetCurrency(), account), nil
}

// AdjustBalance corrects an available balance by hand. Resending a command returns the first posting.
func (s *Server) AdjustBalance(ctx context.Context, req *walletv1.AdjustBalanceRequest) (*walletv1.AdjustBalanceResponse, error) {
	p, err := s.ledger.Adjust(ctx, domain.Adjustment{
		ID: req.GetCommandId(), User: req.GetUserId(), Amount: req.GetAmountMinor(), Currency: req.GetCurrency(),
		Reason: req.GetReason(), AllowNegative: req.GetAllowNegative(), Actor: actor(ctx), TraceID: traceID(ctx),
	})
	if err != nil {
		return nil, err
	}
	return &walletv1.AdjustBalanceResponse{Posting: postingToProto(p), Replayed: p.Replayed}, nil
}

// FreezeAccount stops redemptions from an account.
func (s *Server) FreezeAccount(ctx context.Context, req *walletv1.FreezeAccountRequest) (*walletv1.FreezeAccountResponse, error) {
	account, replayed, err := s.changeStatus(ctx, req, domain.AccountFrozen)
	if err != nil {
		return nil, err
	}
	return &walletv1.FreezeAccountResponse{Account: account, Replayed: replayed}, nil
}

// UnfreezeAccount lets a frozen account redeem again.
func (s *Server) UnfreezeAccount(ctx context.Context, req *walletv1.UnfreezeAccountRequest) (*walletv1.UnfreezeAccountResponse, error) {
	account, replayed, err := s.changeStatus(ctx, req, domain.AccountActive)
	if err != nil {
		return nil, err
	}
	return &walletv1.UnfreezeAccountResponse{Account: account, Replayed: replayed}, nil
}

// CloseAccount closes an empty account for good.
func (s *Server) CloseAccount(ctx context.Context, req *walletv1.CloseAccountRequest) (*walletv1.CloseAccountResponse, error) {
	account, replayed, err := s.changeStatus(ctx, req, domain.AccountClosed)
	if err != nil {
		return nil, err
	}
	return &walletv1.CloseAccountResponse{Account: account, Replayed: replayed}, nil
}

// statusRequest is what the requests to change an account have in common.
type statusRequest interface {
	GetUserId() string
	GetCurrency() string
	GetReason() string
}

func (s *Server) changeStatus(ctx context.Context, req statusRequest, to domain.AccountStatus) (*walletv1.GetBalanceResponse, bool, error) {
	account, replayed, err := s.ledger.ChangeStatus(ctx, domain.StatusChange{
		User: req.GetUserId(), Currency: req.GetCurrency(), To: to, Reason: req.GetReason(), Actor: actor(ctx), TraceID: traceID(ctx),
	})
	if err != nil {
		return nil, false, err
	}
	return accountToProto(req.GetUserId(), req.GetCurrency(), account), replayed, nil
}
