package grpcserver

import (
	"context"

	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Verification are the use cases that check an account.
type Verification interface {
	// Verify recomputes one account.
	Verify(ctx context.Context, user, currency string) (app.Verification, error)
}

// Reconciler are the use cases that check the whole ledger; *app.Reconciler has them.
type Reconciler interface {
	// Reconcile walks the whole ledger and keeps the result.
	Reconcile(ctx context.Context) (app.Reconciliation, error)
	// Last returns the result of the last walk.
	Last(ctx context.Context) (app.Reconciliation, error)
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
	r, err := s.reconciler.Reconcile(ctx)
	if err != nil {
		return nil, err
	}
	return ReconciliationToProto(r), nil
}

// GetReconciliation returns the last report.
func (s *Server) GetReconciliation(ctx context.Context, _ *walletv1.GetReconciliationRequest) (*walletv1.GetReconciliationResponse, error) {
	r, err := s.reconciler.Last(ctx)
	if err != nil {
		return nil, err
	}
	return &walletv1.GetReconciliationResponse{Reconciliation: ReconciliationToProto(r)}, nil
}

// ReconciliationToProto returns a report as a message.
func ReconciliationToProto(r app.Reconciliation) *walletv1.ReconcileResponse {
	answer := &walletv1.ReconcileResponse{
		ZeroSum: r.ZeroSum, Verified: r.Verified(), Accounts: r.Accounts, Postings: r.Postings, Redemptions: r.Redemptions,
		Findings: findingsToProto(r.Findings), FindingCounts: make(map[string]int64, len(r.FindingCounts)),
		StartedAt: timestamp(r.StartedAt), FinishedAt: timestamp(r.FinishedAt),
	}
	for kind, n := range r.FindingCounts {
		answer.FindingCounts[string(kind)] = n
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
			PendingMinor:         t.Pending,
			OwedMinor:            t.Owed,
			BudgetsMinor:         t.Budgets,
			PayoutsMinor:         t.Payouts,
			AdjustmentsMinor:     t.Adjustments,
			Digest:               t.Digest,
		})
	}
	return answer
}

func findingsToProto(findings []domain.Finding) []*walletv1.LedgerFinding {
	list := make([]*walletv1.LedgerFinding, 0, len(findings))
	for _, f := range findings {
		list = append(list, &walletv1.LedgerFinding{
			Kind: string(f.Kind), Account: f.Account, Seq: f.Seq, Detail: f.Detail, Documents: f.Documents,
		})
	}
	return list
}
