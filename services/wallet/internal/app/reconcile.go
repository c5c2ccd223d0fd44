package app

import (
	"context"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Reconciliation is the state of the whole ledger.
type Reconciliation struct {
	// Currencies are the totals of each currency, ordered by its code.
	Currencies []domain.CurrencyTotals
	// ZeroSum says that people and budgets cancel in every currency.
	ZeroSum bool
	// Accounts and Postings count what was walked.
	Accounts, Postings int64
	// Findings are the first domain.MaxFindings faults.
	Findings []domain.Finding
}

// Verified says that nothing at all is wrong.
func (r Reconciliation) Verified() bool { return r.ZeroSum && len(r.Findings) == 0 }

// Reconcile walks the whole ledger and reports; it never repairs. Its memory does not grow with people or postings.
//
// The ledger may be in use meanwhile. A reward whose steps land on both sides of the walk looks like a drift of its budget,
// so a drift is looked at a second time, up to the same moment: what was on its way has arrived by then. One that stays is
// a fault, or a command that was cut off between its steps and not sent again yet.
func (l *Ledger) Reconcile(ctx context.Context) (Reconciliation, error) {
	cutoff := l.clock.Now()
	books, err := l.readBooks(ctx, cutoff)
	if err == nil && len(books.Drift()) > 0 {
		books, err = l.readBooks(ctx, cutoff)
	}
	if err != nil {
		return Reconciliation{}, err
	}
	if err := books.Close(); err != nil {
		return Reconciliation{}, fmt.Errorf("add up the ledger: %w", err)
	}
	return Reconciliation{
		Currencies: books.Totals(), ZeroSum: books.ZeroSum(),
		Accounts: books.Accounts, Postings: books.Postings, Findings: books.Findings,
	}, nil
}

// readBooks walks all chains once.
func (l *Ledger) readBooks(ctx context.Context, cutoff time.Time) (*domain.Books, error) {
	books := domain.NewBooks(cutoff)
	report, err := l.log.VerifyAll(ctx, "", func(e chain.Entry[domain.Line]) error {
		books.Visit(e.Key, e.Seq, e.At, e.Body)
		return nil
	})
	if err != nil {
		return nil, err
	}
	books.Report(findings(report.Faults)...)
	return books, nil
}
