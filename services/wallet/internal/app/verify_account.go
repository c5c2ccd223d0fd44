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
	// Findings are faults, at most domain.MaxFindings; none means that the account is what was written.
	Findings []domain.Finding
}

// Verify recomputes the hashes and the running balances of one account from its first posting.
func (l *Ledger) Verify(ctx context.Context, user, currency string) (Verification, error) {
	key := domain.AccountKey(user, currency)
	books := domain.NewBooks(l.clock.Now())
	faults, err := l.log.Verify(ctx, key, func(e chain.Entry[domain.Line]) error {
		books.Visit(booked(e))
		return nil
	})
	if err != nil {
		return Verification{}, err
	}
	books.Findings.Add(findings(faults)...)
	return Verification{Postings: books.Postings, Findings: books.Findings.List()}, nil
}

// booked is an entry as the books see it.
func booked(e chain.Entry[domain.Line]) domain.Entry {
	return domain.Entry{Key: e.Key, Seq: e.Seq, Command: e.Command.ID, At: e.At, Hash: e.Hash, Line: e.Body}
}

// findings says of the faults of chains what a ledger says.
func findings(faults []chain.Fault) []domain.Finding {
	list := make([]domain.Finding, 0, len(faults))
	for _, f := range faults {
		one := domain.Finding{
			Kind: domain.FindingKind(f.Kind), Account: f.Key, Seq: f.Seq,
		}
		switch f.Kind {
		case chain.HashMismatch:
			one.Detail = "the document is not what was written when its hash was made, or cannot be read"
			if f.Seq == 0 {
				one.Documents = []string{f.Key} // its id is not that of an entry
			}
		case chain.PreviousMismatch:
			one.Detail = "the document does not follow the one before it: one of them was replaced"
			one.Documents = []string{domain.DocumentID(f.Key, f.Seq-1), domain.DocumentID(f.Key, f.Seq)}
		case chain.Gap:
			one.Detail = "the document is missing, and maybe others after it"
		}
		list = append(list, one)
	}
	return list
}
