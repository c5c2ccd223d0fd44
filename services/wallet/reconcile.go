package wallet

import (
	"context"
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
	"github.com/refersuite/refersuite/services/wallet/internal/mongostore"
)

// reconciliation is what checks the ledger: on demand, and by schedule.
type reconciliation struct {
	*app.Reconciler
	job *app.ScheduledReconcile
}

// newReconciliation returns the checks of an auditor's ledger.
func newReconciliation(ctx context.Context, cfg ReconcileConfig, rt *service.Runtime, auditor app.Auditor) (*reconciliation, error) {
	var results app.Reconciliations = memstore.NewReconciliations()
	if rt.Mongo != nil {
		var err error
		if results, err = mongostore.OpenReconciliations(ctx, rt.Mongo); err != nil {
			return nil, fmt.Errorf("open the results of reconciliations: %w", err)
		}
	}
	var last lastResult
	if err := last.meter(rt.Telemetry.MeterProvider); err != nil {
		return nil, fmt.Errorf("meter the reconciliation: %w", err)
	}
	reconciler := &app.Reconciler{Auditor: auditor, Store: results, IDs: rt.IDs, Observe: last.observe}
	return &reconciliation{
		Reconciler: reconciler,
		job: &app.ScheduledReconcile{
			Reconciler: reconciler, Schedule: cfg.schedule(), Clock: rt.Clock, Logger: rt.Logger, Owner: rt.IDs.NewID(),
		},
	}, nil
}

// lastResult is the last result that this process knows of, for metrics. Every replica reads the last one that is kept once a
// minute, so all of them tell the same.
type lastResult struct {
	result atomic.Pointer[app.Reconciliation]
}

// observe takes a result, unless a later one is known.
func (l *lastResult) observe(r app.Reconciliation) {
	for {
		known := l.result.Load()
		if known != nil && known.FinishedAt.After(r.FinishedAt) || l.result.CompareAndSwap(known, &r) {
			return
		}
	}
}

// meter declares the metrics; nothing is exported before the first result.
func (l *lastResult) meter(provider metric.MeterProvider) error {
	meter := provider.Meter("refersuite/wallet")
	findings, err := meter.Int64ObservableGauge("refersuite.wallet.reconcile.findings",
		metric.WithDescription("Findings of the last reconciliation, by kind."))
	if err != nil {
		return err
	}
	zeroSum, err := meter.Int64ObservableGauge("refersuite.wallet.reconcile.zero_sum",
		metric.WithDescription("1 when the accounts of every currency cancelled in the last reconciliation, else 0."))
	if err != nil {
		return err
	}
	lastRun, err := meter.Float64ObservableGauge("refersuite.wallet.reconcile.last_run", metric.WithUnit("s"),
		metric.WithDescription("When the last reconciliation ended, in seconds since 1970."))
	if err != nil {
		return err
	}
	duration, err := meter.Float64ObservableGauge("refersuite.wallet.reconcile.duration", metric.WithUnit("s"),
		metric.WithDescription("How long the last reconciliation took."))
	if err != nil {
		return err
	}
	_, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		r := l.result.Load()
		if r == nil {
			return nil
		}
		for _, kind := range domain.FindingKinds {
			o.ObserveInt64(findings, r.FindingCounts[kind], metric.WithAttributes(attribute.String("kind", string(kind))))
		}
		cancels := int64(0)
		if r.ZeroSum {
			cancels = 1
		}
		o.ObserveInt64(zeroSum, cancels)
		o.ObserveFloat64(lastRun, float64(r.FinishedAt.UnixMilli())/1000)
		o.ObserveFloat64(duration, r.FinishedAt.Sub(r.StartedAt).Seconds())
		return nil
	}, findings, zeroSum, lastRun, duration)
	return err
}
