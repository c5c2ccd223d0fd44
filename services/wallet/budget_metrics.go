package wallet

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// budgetMetrics tells how far limits are used as metrics. It implements app.BudgetWatch.
type budgetMetrics struct {
	used      metric.Float64Gauge
	warnings  metric.Int64Counter
	exhausted metric.Int64Counter
}

func newBudgetMetrics(provider metric.MeterProvider) (*budgetMetrics, error) {
	meter := provider.Meter("github.com/refersuite/refersuite/services/wallet")
	var m budgetMetrics
	var err error
	if m.used, err = meter.Float64Gauge("refersuite.wallet.budget.used_ratio",
		metric.WithDescription("Part of a programme's limit that is used in its period, allotments of stripes included.")); err != nil {
		return nil, fmt.Errorf("make the metrics of budgets: %w", err)
	}
	if m.warnings, err = meter.Int64Counter("refersuite.wallet.budget.warnings",
		metric.WithDescription("Limits of programmes that were used to 80 % or fully, once for each period.")); err != nil {
		return nil, fmt.Errorf("make the metrics of budgets: %w", err)
	}
	if m.exhausted, err = meter.Int64Counter("refersuite.wallet.budget.exhausted",
		metric.WithDescription("Rewards that did not fit into a limit when they were tried.")); err != nil {
		return nil, fmt.Errorf("make the metrics of budgets: %w", err)
	}
	return &m, nil
}

// Used implements app.BudgetWatch.
func (m *budgetMetrics) Used(ctx context.Context, programID string, u domain.LimitUse) {
	ratio := 1.0 // of a limit of zero
	if u.Limit.Amount > 0 {
		ratio = float64(u.Used.Amount) / float64(u.Limit.Amount)
	}
	m.used.Record(ctx, ratio, limitLabels(programID, u.Limit))
}

// Reached implements app.BudgetWatch.
func (m *budgetMetrics) Reached(ctx context.Context, programID string, w domain.Warning) {
	m.warnings.Add(ctx, 1, limitLabels(programID, w.Limit, attribute.Int("percent", w.Percent)))
}

// Exhausted implements app.BudgetWatch.
func (m *budgetMetrics) Exhausted(ctx context.Context, programID string, limit domain.Limit) {
	m.exhausted.Add(ctx, 1, limitLabels(programID, limit))
}

func limitLabels(programID string, limit domain.Limit, more ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributes(append(more, attribute.String("program", programID),
		attribute.String("scope", string(limit.Scope)), attribute.String("period", string(limit.Period)))...)
}
