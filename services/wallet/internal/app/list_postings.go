package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Postings returns at most limit postings of a person in one currency, newest first, those before the position before; 0
// starts at the newest. More says that older ones follow.
func (l *Ledger) Postings(ctx context.Context, user, currency string, before int64, limit int) (list []Posted, more bool, err error) {
	entries, err := l.log.Range(ctx, domain.AccountKey(user, currency),
		chain.Page{Before: before, Limit: limit, Descending: true})
	if err != nil {
		return nil, false, err
	}
	for _, e := range entries {
		p, err := posted(e, false)
		if err != nil {
			return nil, false, err
		}
		list = append(list, p)
	}
	// An account has no gaps, so older postings follow unless the page ends at the first.
	return list, len(list) == limit && list[len(list)-1].Seq > 1, nil
}
