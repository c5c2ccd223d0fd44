package app

import (
	"context"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// recount adds up what the programme gave the beneficiary in the periods of its limits for each referrer, because the
// account does not know yet.
func (i *issuing) recount(ctx context.Context) error {
	r := i.reward
	windows, seq, err := i.referrerWindows(ctx, r.ProgramID, domain.AccountKey(r.Beneficiary, r.Currency), *i.rules)
	i.known, i.knownAt = &domain.ProgramCounter{ProgramID: r.ProgramID, Windows: windows}, seq
	return err
}

// referrerWindows adds up what a programme gave the owner of an account in the present periods of its limits for each
// referrer, less what came back, as of a position in the account's chain.
func (l *Ledger) referrerWindows(ctx context.Context, programID, key string, rules domain.Rules,
) (windows map[domain.Period]domain.Window, seq int64, err error) {
	windows = rules.ReferrerWindows(l.clock.Now())
	head, ok, err := l.log.Head(ctx, key)
	if err != nil || !ok {
		return windows, 0, err
	}
	var until time.Time
	for _, w := range windows {
		if w.End.IsZero() {
			until = time.Time{}
			break
		}
		if begin := w.Start.Add(-skew); until.IsZero() || begin.Before(until) {
			until = begin
		}
	}
	err = l.walkBack(ctx, key, head.Seq+1, until, func(e chain.Entry[domain.Line]) error {
		amount, countedAt, err := l.referrerPart(ctx, e, programID)
		if err != nil || amount == 0 {
			return err
		}
		for period, w := range windows {
			if w.Covers(countedAt) {
				w.Amount += amount
				windows[period] = w
			}
		}
		return nil
	})
	return windows, head.Seq, err
}

// referrerPart returns what a posting adds to what the programme gave the owner as a referrer, and the moment that decides
// its period; 0 for a posting that is about something else.
func (l *Ledger) referrerPart(ctx context.Context, e chain.Entry[domain.Line], programID string) (int64, time.Time, error) {
	p, err := posted(e, false)
	if err != nil || p.ProgramID != programID || !domain.OfReferrer(p.Side, p.RewardKind) {
		return 0, time.Time{}, err
	}
	switch p.Kind {
	case domain.PostingRewardHeld, domain.PostingRewardAvailable:
		return p.Amount, p.countedAt(), nil
	case domain.PostingHoldReversal, domain.PostingReversal:
		if !p.CountedAt.IsZero() {
			return -p.Amount, p.CountedAt, nil
		}
		reward, found, err := l.log.Find(ctx, e.Key, p.RewardID)
		if err != nil || !found {
			return 0, time.Time{}, err
		}
		return -p.Amount, reward.At, nil
	default:
		return 0, time.Time{}, nil
	}
}

// countedAt returns the moment that decides which periods of the limits for each referrer a reward belongs to.
func (p Posted) countedAt() time.Time {
	if p.CountedAt.IsZero() {
		return p.At
	}
	return p.CountedAt
}

// referrerUses returns how the limits for each referrer stand for one.
func (l *Ledger) referrerUses(ctx context.Context, programID, currency, referrerID string, rules domain.Rules) ([]domain.LimitUse, error) {
	account, err := l.Balance(ctx, referrerID, currency)
	if err != nil {
		return nil, err
	}
	now := l.clock.Now()
	if c := account.Counters.Program(programID); c != nil && c.Version == rules.Version {
		return rules.ReferrerUses(c.Windows, currency, now), nil
	}
	windows, _, err := l.referrerWindows(ctx, programID, domain.AccountKey(referrerID, currency), rules)
	return rules.ReferrerUses(windows, currency, now), err
}
