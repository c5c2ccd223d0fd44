package grpcserver

import (
	"context"

	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Reconciliation are the use cases that check the ledger.
type Reconciliation interface {
	// Verify recomputes one account.
	Verify(ctx context.Context, user, currency string) (app.Verification, error)
	// Reconcile walks the whole ledger.
	Reconcile(ctx context.Context) (app.Reconciliation, error)
}

// VerifyAccount recomputes the hashes and running balances of one account.
func (s *Server) VerifyAccount(ctx context.Context, req *walletv1.VerifyAccountRequest) (*walletv1.VerifyAccountResponse, error) {
	v, err := s.ledger.Verify(ctx, req.GetUserId(), req.GetCurrency())
	if err != nil {
		return nil, err
	}
	return &walletv1.VerifyAccountResponse{
		Verified: len(v.Findings) == 0, Postings: v.Postings, Findings: findingsToProto(v.Findings),
	}, nil
}

// Reconcile walks the whole ledger and reports.
func (s *Server) Reconcile(ctx context.Context, _ *walletv1.ReconcileRequest) (*walletv1.ReconcileResponse, error) {
	r, err := s.ledger.Reconcile(ctx)
	if err != nil {
		return nil, err
	}
	answer := &walletv1.ReconcileResponse{
		ZeroSum: r.ZeroSum, Verified: r.Verified(), Accounts: r.Accounts, Postings: r.Postings,
		Findings: findingsToProto(r.Findings),
	}
	for _, t := range r.Currencies {
		answer.Currencies = append(answer.Currencies, &walletv1.CurrencyTotals{
			Currency:             t.Currency,
			ReferrerRewardsMinor: t.ReferrerRewards,
			RefereeRewardsMinor:  t.RefereeRewards,
			BonusesMinor:         t.Bonuses,
			ReversalsMinor:       t.Reversals,
			HeldMinor:            t.Held,
			AvailableMinor:       t.Available,
			BudgetsMinor:         t.Budgets,
		})
	}
	return answer, nil
}

func findingsToProto(findings []domain.Finding) []*walletv1.LedgerFinding {
	list := make([]*walletv1.LedgerFinding, 0, len(findings))
	for _, f := range findings {
		list = append(list, &walletv1.LedgerFinding{Kind: string(f.Kind), Account: f.Account, Seq: f.Seq, Detail: f.Detail})
	}
	return list
}
