package grpcserver

import (
	"context"

	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
)

// Accounts are the use cases about whole accounts.
type Accounts interface {
	// Balance returns the state of an account.
	Balance(ctx context.Context, user, currency string) (app.Account, error)
}

// GetBalance returns the exact balance of one person in one currency.
func (s *Server) GetBalance(ctx context.Context, req *walletv1.GetBalanceRequest) (*walletv1.GetBalanceResponse, error) {
	account, err := s.ledger.Balance(ctx, req.GetUserId(), req.GetCurrency())
	if err != nil {
		return nil, err
	}
	return accountToProto(req.GetUserId(), req.GetCurrency(), account), nil
}
