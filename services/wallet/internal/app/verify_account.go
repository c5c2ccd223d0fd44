package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Verification is the result of verifying one account.
type Verification struct {
	// Postings counts what was walked.
	Postings int64
	// Findings are the first domain.MaxFindings faults; none means that the account is what was written.
	Findings []domain.Finding
}

// Verify recomputes the hashes and the running balances of one account from its first posting.
func (l *Ledger) Verify(ctx context.Context, user, currency string) (Verification, error) {
	key := domain.AccountKey(user, currency)
	books := domain.NewBooks(l.clock.Now())
	faults, err := l.log.Verify(ctx, key, func(e chain.Entry[domain.Line]) error {
		books.Visit(e.Key, e.Seq, e.At, e.Body)
		return nil
	})
	if err != nil {
		return Verification{}, err
	}
	books.Report(findings(faults)...)
	return Verification{Postings: books.Postings, Findings: books.Findings}, nil
}

// findings says of the faults of chains what a ledger says.
func findings(faults []chain.Fault) []domain.Finding {
	list := make([]domain.Finding, 0, len(faults))
	for _, f := range faults {
		list = append(list, domain.Finding{
			Kind: domain.FindingKind(f.Kind), Account: f.Key, Seq: f.Seq,
			Detail: "the entry is not what was written when it was made",
		})
	}
	return list
}
