package app

import (
	"cmp"
	"context"
	"slices"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// ReasonPostingNotFound is the reason of the error for a position that the account does not have.
const ReasonPostingNotFound = "POSTING_NOT_FOUND"

// Explanation tells why a posting has its amount.
type Explanation struct {
	Posting Posted
	// Sentences, the most important first.
	Sentences []string
	// Related are the postings it belongs with, oldest first, without itself.
	Related []Posted
}

// Explain tells why the posting at a position of an account has its amount.
func (l *Ledger) Explain(ctx context.Context, user, currency string, seq int64) (Explanation, error) {
	key := domain.AccountKey(user, currency)
	entries, err := l.log.Range(ctx, key, chain.Page{After: seq - 1, Before: seq + 1, Limit: 1})
	if err != nil {
		return Explanation{}, err
	}
	if len(entries) == 0 {
		return Explanation{}, errs.New(errs.NotFound, ReasonPostingNotFound,
			"the %s account of %s has no posting %d: list its postings to see which there are", currency, user, seq)
	}
	p, err := posted(entries[0], false)
	if err != nil {
		return Explanation{}, err
	}
	related, err := l.related(ctx, key, p)
	if err != nil {
		return Explanation{}, err
	}
	dated := make([]domain.Dated, 0, len(related))
	for _, r := range related {
		dated = append(dated, domain.Dated{Posting: r.Posting, At: r.At})
	}
	return Explanation{
		Posting: p, Related: related,
		Sentences: domain.Explain(domain.Dated{Posting: p.Posting, At: p.At}, dated),
	}, nil
}

// related returns the postings that p belongs with, oldest first.
func (l *Ledger) related(ctx context.Context, key string, p Posted) ([]Posted, error) {
	var list []Posted
	for _, id := range p.Posting.Related() {
		entry, ok, err := l.log.Find(ctx, key, id)
		if err != nil {
			return nil, err
		}
		if !ok || entry.Seq == p.Seq {
			continue
		}
		one, err := posted(entry, false)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b Posted) int { return cmp.Compare(a.Seq, b.Seq) })
	return list, nil
}
