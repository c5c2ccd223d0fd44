package app

import (
	"context"

	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Account is the state of a person's account in one currency.
type Account struct {
	domain.Balances
	// Postings is how many the account has.
	Postings int64
}

// Balance returns the exact balance of a person in one currency; zero for an account without postings.
func (l *Ledger) Balance(ctx context.Context, user, currency string) (Account, error) {
	head, ok, err := l.log.Head(ctx, domain.AccountKey(user, currency))
	if err != nil || !ok {
		return Account{}, err
	}
	return Account{Balances: balances(&head), Postings: head.Seq}, nil
}
