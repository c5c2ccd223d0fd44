package app

import (
	"context"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Reconciliation is the state of the whole ledger.
type Reconciliation struct {
	// ID of the result that is kept; empty for one that is not.
	ID string
	// StartedAt and FinishedAt are when the walk began and ended.
	StartedAt, FinishedAt time.Time
	// Currencies are the totals of each currency, ordered by its code.
	Currencies []domain.CurrencyTotals
	// ZeroSum says that the accounts cancel in every currency.
	ZeroSum bool
	// Accounts, Postings and Redemptions count what was walked.
	Accounts, Postings, Redemptions int64
	// Findings are faults, at most domain.MaxFindings.
	Findings []domain.Finding
	// FindingCounts counts all faults by their kind, also those that are not listed; kinds without any are absent.
	FindingCounts map[domain.FindingKind]int64
}

// Verified says that nothing at all is wrong.
func (r Reconciliation) Verified() bool { return r.ZeroSum && len(r.FindingCounts) == 0 }

// RedemptionWalk reads what the documents of redemptions claim, for the comparison with the postings.
type RedemptionWalk interface {
	// WalkRedemptions calls visit for every redemption, in any order; an error of visit ends the walk and is returned. A
	// redemption whose postings are still to be made by a command that is stored with it claims only what was made.
	WalkRedemptions(ctx context.Context, visit func(domain.RedemptionRecord) error) error
}

// RewardQueue knows which rewards wait for budget; a Queue is one.
type RewardQueue interface {
	// Get returns a reward; false when it does not wait.
	Get(ctx context.Context, rewardID string) (QueuedReward, bool, error)
}

// Auditor walks the ledger and reports; it never repairs. Its memory does not grow with people or postings.
type Auditor struct {
	// Log is the ledger.
	Log interface {
		VerifyAll(ctx context.Context, prefix string, visit func(chain.Entry[domain.Line]) error) (chain.Report, error)
	}
	Clock clock.Clock
	// Redemptions are compared with their postings; nil means that there are none.
	Redemptions RedemptionWalk
	// Queue excuses budget lines without postings; nil means that no reward is ever queued.
	Queue RewardQueue
	// Progress is told how many entries were walked, now and then; nil when nobody wants to know.
	Progress func(entries int64)
}

// Reconcile walks the whole ledger as Auditor.Reconcile does, without redemptions and queued rewards.
func (l *Ledger) Reconcile(ctx context.Context) (Reconciliation, error) {
	return Auditor{Log: l.log, Clock: l.clock}.Reconcile(ctx)
}

// Reconcile walks everything once. Where postings and their counterparts differ, it walks again to name the documents: first
// those in the groups that differ, then only what was left over, since the ledger may be in use and what was on its way in
// the first of these walks has arrived in the second. A step that stays alone is a fault, or a command that was cut off and
// not sent again yet.
func (a Auditor) Reconcile(ctx context.Context) (Reconciliation, error) {
	started := a.Clock.Now()
	books := domain.NewBooks(started)
	report, err := a.walk(ctx, books)
	if err != nil {
		return Reconciliation{}, err
	}
	matcher, leftovers, err := a.match(ctx, books)
	if err != nil {
		return Reconciliation{}, err
	}
	books.Close(matcher, leftovers)
	books.Findings.Add(findings(report.Faults)...)
	listed := map[chain.Kind]int64{}
	for _, f := range report.Faults {
		listed[f.Kind]++
	}
	for kind, n := range report.FaultCounts {
		books.Findings.Count(domain.FindingKind(kind), n-listed[kind])
	}
	return Reconciliation{
		StartedAt: started, FinishedAt: a.Clock.Now(),
		Currencies: books.Totals(), ZeroSum: books.ZeroSum(),
		Accounts: books.Accounts, Postings: books.Postings, Redemptions: books.Redemptions,
		Findings: books.Findings.List(), FindingCounts: books.Findings.Counts(),
	}, nil
}

// reader is what entries and redemptions pass by.
type reader interface {
	Visit(e domain.Entry)
	VisitRedemption(r domain.RedemptionRecord)
}

// progressEvery is how many entries pass between two reports of progress.
const progressEvery = 1000

// walk reads all chains, then all redemptions.
func (a Auditor) walk(ctx context.Context, to reader) (chain.Report, error) {
	var entries int64
	report, err := a.Log.VerifyAll(ctx, "", func(e chain.Entry[domain.Line]) error {
		to.Visit(booked(e))
		if entries++; a.Progress != nil && entries%progressEvery == 0 {
			a.Progress(progressEvery)
		}
		return nil
	})
	if err != nil {
		return report, fmt.Errorf("walk the ledger: %w", err)
	}
	if a.Redemptions != nil {
		err = a.Redemptions.WalkRedemptions(ctx, func(r domain.RedemptionRecord) error {
			to.VisitRedemption(r)
			return nil
		})
	}
	if err != nil {
		return report, fmt.Errorf("walk the redemptions: %w", err)
	}
	return report, nil
}

// match names the documents where the books do not agree; nil when they do.
func (a Auditor) match(ctx context.Context, books *domain.Books) (*domain.Matcher, []domain.Leftover, error) {
	if !books.Suspicious() {
		return nil, nil, nil
	}
	matcher := books.Matcher()
	if _, err := a.walk(ctx, matcher); err != nil {
		return nil, nil, err
	}
	if len(matcher.Leftovers()) > 0 {
		matcher = matcher.Again()
		if _, err := a.walk(ctx, matcher); err != nil {
			return nil, nil, err
		}
	}
	var faults []domain.Leftover
	for _, l := range matcher.Leftovers() {
		reward, counted := l.Reward()
		if counted && a.Queue != nil {
			_, queued, err := a.Queue.Get(ctx, reward)
			if err != nil {
				return nil, nil, fmt.Errorf("look for reward %s in the queue: %w", reward, err)
			}
			if queued {
				continue
			}
		}
		faults = append(faults, l)
	}
	return matcher, faults, nil
}
