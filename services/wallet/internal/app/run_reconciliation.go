package app

import (
	"context"
	"fmt"

	"github.com/refersuite/refersuite/pkg/errs"
)

// ReasonReconciliationNotFound says that nothing was reconciled yet.
const ReasonReconciliationNotFound = "RECONCILIATION_NOT_FOUND"

// Reconciler makes reconciliations and keeps their results.
type Reconciler struct {
	Auditor Auditor
	Store   Reconciliations
	// IDs names the results.
	IDs interface{ NewID() string }
	// Observe hears of every result, for metrics.
	Observe func(Reconciliation)
}

// Reconcile walks the whole ledger, reports and keeps the report.
func (r *Reconciler) Reconcile(ctx context.Context) (Reconciliation, error) {
	result, err := r.Auditor.Reconcile(ctx)
	if err != nil {
		return Reconciliation{}, err
	}
	result.ID = r.IDs.NewID()
	r.Observe(result)
	if err := r.Store.Save(ctx, result); err != nil {
		return Reconciliation{}, fmt.Errorf("keep the result of the reconciliation: %w", err)
	}
	return result, nil
}

// Last returns the result of the last reconciliation, whoever made it.
func (r *Reconciler) Last(ctx context.Context) (Reconciliation, error) {
	result, ok, err := r.Store.Last(ctx)
	if err != nil {
		return Reconciliation{}, err
	}
	if !ok {
		return Reconciliation{}, errs.New(errs.NotFound, ReasonReconciliationNotFound,
			"nothing was reconciled yet: call Reconcile, or wait for the scheduled run")
	}
	return result, nil
}
