package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

const adjustSchema = "wallet.adjust_balance.v1"

// Adjust corrects an available balance by hand. Its id is claimed first, in a chain that is the same whoever the adjustment
// is for, so an id that returns with another person or currency is caught and nothing changes. A claim moves nothing: when
// the account refuses afterwards, the same command may be sent again. Idempotent by the id.
func (l *Ledger) Adjust(ctx context.Context, a domain.Adjustment) (Posted, error) {
	if err := a.Validate(); err != nil {
		return Posted{}, explain(err)
	}
	account := domain.AccountKey(a.User, a.Currency)
	cmd := command.New(a.ID, adjustSchema,
		command.String("user", a.User),
		command.String("currency", a.Currency),
		command.Int64("amount", a.Amount),
		command.String("reason", a.Reason),
		command.Bool("allow_negative", a.AllowNegative))
	results, err := l.log.Append(ctx,
		chain.Append[domain.Line]{
			Key: domain.ClaimKey(a.ID), Command: cmd,
			Step: func(*chain.Entry[domain.Line]) (domain.Line, error) {
				return domain.Line{Claim: &domain.Claim{Account: account}}, nil
			},
		},
		chain.Append[domain.Line]{
			Key: account, Command: cmd,
			Step: postingStep(func(b domain.Balances) (domain.Posting, error) { return domain.Adjust(b, a) }),
		})
	if err != nil {
		return Posted{}, explain(err)
	}
	return posted(results[1].Entry, results[1].Replayed)
}
