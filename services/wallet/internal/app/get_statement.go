package app

import (
	"context"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// ReasonStatementTooLong is the reason of the error for a period with more postings than a statement holds.
const ReasonStatementTooLong = "STATEMENT_TOO_LONG"

// MaxStatement is how many postings a statement holds.
const MaxStatement = 5000

// Statement is an account over a period.
type Statement struct {
	// User and Currency name the account.
	User, Currency string
	// From is inclusive; zero for an account without postings whose period has no begin. To is exclusive.
	From, To time.Time
	// Opening is the account before the first posting of the period, Closing after the last.
	Opening, Closing domain.Balances
	// Postings of the period, oldest first.
	Postings []Posted
	// Credited came into the account from outside, Debited went out of it, in minor units: the totals of opening and closing
	// differ by them.
	Credited, Debited int64
}

// Statement returns an account over a period. A zero from is the first posting. A zero to means now, and so does one that
// is yet to come: the statement then ends with the newest posting and agrees with the balance.
func (l *Ledger) Statement(ctx context.Context, user, currency string, from, to time.Time) (Statement, error) {
	now := l.clock.Now().UTC().Truncate(time.Millisecond)
	if err := checkStatementPeriod(from, to, now); err != nil {
		return Statement{}, err
	}
	s := Statement{User: user, Currency: currency, From: from, To: to}
	open := to.IsZero() || to.After(now)
	if open {
		s.To, to = now, time.Time{}
	}
	key := domain.AccountKey(user, currency)
	head, ok, err := l.log.Head(ctx, key)
	if err != nil || !ok {
		return s, err
	}
	period, err := l.bounds(ctx, key, from, to, head)
	if err != nil {
		return Statement{}, err
	}
	if err := l.fill(ctx, key, &s, period); err != nil {
		return Statement{}, err
	}
	if n := len(s.Postings); n > 0 && open && !s.Postings[n-1].At.Before(s.To) {
		s.To = s.Postings[n-1].At.Add(time.Millisecond) // posted while this was read
	}
	return s, nil
}

// checkStatementPeriod also refuses a period that has not begun.
func checkStatementPeriod(from, to, now time.Time) error {
	if !from.IsZero() && from.After(now) {
		return errs.Invalid(ReasonPeriodInvalid, "from", "the period begins at %s, which is yet to come: choose an earlier begin",
			from.Format(time.RFC3339Nano))
	}
	return checkPeriod(from, to)
}

// fill reads the postings of a period and what stands around them.
func (l *Ledger) fill(ctx context.Context, key string, s *Statement, period PostingsPlace) error {
	n := period.Before - period.After - 1
	if n > MaxStatement {
		return errs.New(errs.FailedPrecondition, ReasonStatementTooLong,
			"the period has %d postings and a statement holds at most %d: choose a shorter period", n, MaxStatement)
	}
	if period.After > 0 {
		before, err := l.entry(ctx, key, period.After)
		if err != nil {
			return err
		}
		s.Opening = balances(&before)
	}
	s.Closing = s.Opening
	for after := period.After; after < period.Before-1; after = s.Postings[len(s.Postings)-1].Seq {
		entries, err := l.log.Range(ctx, key, chain.Page{After: after, Before: period.Before, Limit: chain.MaxLimit})
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return errs.New(errs.Internal, "LEDGER_CORRUPT", "%s has no entry %d", key, after+1)
		}
		for _, e := range entries {
			if err := s.add(e); err != nil {
				return err
			}
		}
	}
	if s.From.IsZero() && len(s.Postings) > 0 {
		s.From = s.Postings[0].At
	}
	return nil
}

// add appends the next posting.
func (s *Statement) add(e chain.Entry[domain.Line]) error {
	p, err := posted(e, false)
	if err != nil {
		return err
	}
	in, out := p.Flow()
	if s.Credited, err = domain.Add(s.Credited, in); err != nil {
		return explain(fmt.Errorf("add up the credits: %w", err))
	}
	if s.Debited, err = domain.Add(s.Debited, out); err != nil {
		return explain(fmt.Errorf("add up the debits: %w", err))
	}
	s.Postings = append(s.Postings, p)
	s.Closing = p.After
	return nil
}
