package app

import (
	"context"
	"slices"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// ReasonPeriodInvalid is the reason of the error for a period that cannot be.
const ReasonPeriodInvalid = "PERIOD_INVALID"

// walkLimit bounds how many postings one call looks at, so that a filter that nothing matches costs no more than others.
const walkLimit = 2000

// PostingsQuery selects postings of one account. The zero value of a filter selects all.
type PostingsQuery struct {
	// User and Currency name the account.
	User, Currency string
	// Kinds to return.
	Kinds []domain.PostingKind
	// ProgramID and ReferralID select the postings about one programme or one referral.
	ProgramID, ReferralID string
	// From is inclusive, To exclusive.
	From, To time.Time
}

// narrow says that postings in the period may still be left out.
func (q PostingsQuery) narrow() bool {
	return len(q.Kinds) > 0 || q.ProgramID != "" || q.ReferralID != ""
}

func (q PostingsQuery) matches(p domain.Posting) bool {
	return (len(q.Kinds) == 0 || slices.Contains(q.Kinds, p.Kind)) &&
		(q.ProgramID == "" || q.ProgramID == p.ProgramID) &&
		(q.ReferralID == "" || q.ReferralID == p.ReferralID)
}

// PostingsPlace is where a page begins. The zero value is the newest posting of the query.
type PostingsPlace struct {
	// Before keeps postings with a smaller position; 0 means no bound but the query's period.
	Before int64
	// After keeps postings with a greater position; it counts when Before is set.
	After int64
}

// Select returns at most limit postings of a query, newest first, from a place on. The next place is nil at the end. A page
// of a query by kind, programme or referral may hold fewer postings than the limit, even none, and have a next place.
func (l *Ledger) Select(ctx context.Context, q PostingsQuery, at PostingsPlace, limit int) (list []Posted, next *PostingsPlace, err error) {
	if err := checkPeriod(q.From, q.To); err != nil {
		return nil, nil, err
	}
	key := domain.AccountKey(q.User, q.Currency)
	if at.Before == 0 {
		if at, err = l.place(ctx, key, q.From, q.To); err != nil {
			return nil, nil, err
		}
	}
	for walked := 0; walked < walkLimit; {
		batch := limit - len(list)
		if q.narrow() {
			batch = min(chain.MaxLimit, walkLimit-walked)
		}
		entries, err := l.log.Range(ctx, key, chain.Page{After: at.After, Before: at.Before, Limit: batch, Descending: true})
		if err != nil {
			return nil, nil, err
		}
		for _, e := range entries {
			p, err := posted(e, false)
			if err != nil {
				return nil, nil, err
			}
			at.Before = e.Seq
			if !q.matches(p.Posting) {
				continue
			}
			if list = append(list, p); len(list) == limit {
				break
			}
		}
		// An account has no gaps, so there is more unless the page ends at its first posting.
		if len(entries) == 0 || at.Before <= at.After+1 {
			return list, nil, nil
		}
		if len(list) == limit {
			break
		}
		walked += len(entries)
	}
	return list, &at, nil
}

// Postings returns at most limit postings of a person in one currency, newest first, those before the position before; 0
// starts at the newest. More says that older ones follow.
func (l *Ledger) Postings(ctx context.Context, user, currency string, before int64, limit int) (list []Posted, more bool, err error) {
	list, next, err := l.Select(ctx, PostingsQuery{User: user, Currency: currency}, PostingsPlace{Before: before}, limit)
	return list, next != nil, err
}

// checkPeriod refuses a period that ends before it begins.
func checkPeriod(from, to time.Time) error {
	if !from.IsZero() && !to.IsZero() && !to.After(from) {
		return errs.Invalid(ReasonPeriodInvalid, "to", "the period ends at %s, which must be after its begin %s: exchange them, or leave one out",
			to.Format(time.RFC3339Nano), from.Format(time.RFC3339Nano))
	}
	return nil
}

// place returns the bounds of a period in the positions of an account; the zero value for all of it.
func (l *Ledger) place(ctx context.Context, key string, from, to time.Time) (PostingsPlace, error) {
	if from.IsZero() && to.IsZero() {
		return PostingsPlace{}, nil
	}
	head, ok, err := l.log.Head(ctx, key)
	if err != nil || !ok {
		return PostingsPlace{Before: 1}, err
	}
	return l.bounds(ctx, key, from, to, head)
}

// bounds is place for an account whose head is known: both bounds are set.
func (l *Ledger) bounds(ctx context.Context, key string, from, to time.Time, head chain.Entry[domain.Line]) (_ PostingsPlace, err error) {
	before := head.Seq + 1
	if !to.IsZero() {
		if before, err = l.firstAt(ctx, key, to, head); err != nil {
			return PostingsPlace{}, err
		}
	}
	first := int64(1)
	if !from.IsZero() {
		if first, err = l.firstAt(ctx, key, from, head); err != nil {
			return PostingsPlace{}, err
		}
	}
	return PostingsPlace{Before: before, After: first - 1}, nil
}

// firstAt returns the position of the first posting at a time or later, the one after head when there is none. Time never
// runs backwards in a chain, so it takes the logarithm of the account's length in reads.
func (l *Ledger) firstAt(ctx context.Context, key string, at time.Time, head chain.Entry[domain.Line]) (int64, error) {
	if head.At.Before(at) {
		return head.Seq + 1, nil
	}
	low, high := int64(1), head.Seq // high is at the time or later
	for low < high {
		middle := low + (high-low)/2
		e, err := l.entry(ctx, key, middle)
		if err != nil {
			return 0, err
		}
		if e.At.Before(at) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

// entry returns the entry at a position that the account has.
func (l *Ledger) entry(ctx context.Context, key string, seq int64) (chain.Entry[domain.Line], error) {
	entries, err := l.log.Range(ctx, key, chain.Page{After: seq - 1, Before: seq + 1, Limit: 1})
	if err != nil {
		return chain.Entry[domain.Line]{}, err
	}
	if len(entries) == 0 {
		return chain.Entry[domain.Line]{}, errs.New(errs.Internal, "LEDGER_CORRUPT", "%s has no entry %d", key, seq)
	}
	return entries[0], nil
}
