package app

import (
	"context"
	"errors"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// ChangeStatus freezes, unfreezes or closes an account, and returns the account. Idempotent by the state: an account that
// is in the wanted state comes back as replayed. Racers that saw the same account send the same command, so one of them
// changes it. An account without postings can be changed too.
func (l *Ledger) ChangeStatus(ctx context.Context, c domain.StatusChange) (account Account, replayed bool, err error) {
	account, err = l.Balance(ctx, c.User, c.Currency)
	if err != nil {
		return Account{}, false, err
	}
	if account.Status == c.To {
		return account, true, nil
	}
	id := c.CommandID(account.Postings)
	results, err := l.log.Append(ctx, chain.Append[domain.Line]{
		Key:     domain.AccountKey(c.User, c.Currency),
		Command: command.New(id, "wallet.change_account.v1", command.String("to", string(c.To))),
		Step:    postingStep(func(b domain.Balances) (domain.Posting, error) { return domain.ChangeStatus(b, c, id) }),
	})
	if errors.Is(err, domain.ErrStatusUnchanged) { // somebody else changed it meanwhile
		account, err = l.Balance(ctx, c.User, c.Currency)
		return account, true, err
	}
	if err != nil {
		return Account{}, false, explain(err)
	}
	entry := results[0].Entry
	return Account{Balances: balances(&entry), Postings: entry.Seq}, results[0].Replayed, nil
}
