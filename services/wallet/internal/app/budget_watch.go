package app

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// budgetWatch tells operators how far limits are used. A limit is told once for each period and part.
type budgetWatch struct {
	logger   *slog.Logger
	warnings metric.Int64Counter
	used     metric.Float64Gauge
	refused  metric.Int64Counter
}

// newBudgetWatch uses the global meter provider and logger. An instrument that cannot be made is a no-op.
func newBudgetWatch() *budgetWatch {
	meter := otel.Meter("github.com/refersuite/refersuite/services/wallet")
	w := &budgetWatch{logger: slog.Default()}
	w.warnings, _ = meter.Int64Counter("wallet.budget.warnings",
		metric.WithDescription("Limits of programmes that were used to 80 % or fully, once for each period."))
	w.used, _ = meter.Float64Gauge("wallet.budget.used_ratio",
		metric.WithDescription("Part of a programme's limit that is used in its period, allotments of stripes included."))
	w.refused, _ = meter.Int64Counter("wallet.budget.exhausted",
		metric.WithDescription("Rewards that did not fit into a limit when they were tried."))
	return w
}

// stepped tells what a step of a programme's chain did to its limits.
func (w *budgetWatch) stepped(ctx context.Context, programID string, p domain.Program) {
	for _, u := range p.Uses(p.At) {
		ratio := 1.0
		if u.Limit.Amount > 0 {
			ratio = float64(u.Used.Amount) / float64(u.Limit.Amount)
		}
		w.used.Record(ctx, ratio, labels(programID, u.Limit))
	}
	for _, warning := range p.Noted() {
		w.warnings.Add(ctx, 1, labels(programID, warning.Limit, attribute.Int("percent", warning.Percent)))
		attrs := []slog.Attr{
			slog.String("program", programID), slog.Int("percent", warning.Percent),
			slog.String("scope", string(warning.Limit.Scope)), slog.String("period", string(warning.Limit.Period)),
			slog.Int64("limit_minor", warning.Limit.Amount), slog.String("currency", p.Currency),
		}
		if !warning.Used.End.IsZero() {
			attrs = append(attrs, slog.Time("period_start", warning.Used.Start), slog.Time("period_end", warning.Used.End))
		}
		w.logger.LogAttrs(ctx, slog.LevelWarn, "a budget limit is reached", attrs...)
	}
}

// exhausted counts a reward that did not fit.
func (w *budgetWatch) exhausted(ctx context.Context, programID string, limit domain.Limit) {
	w.refused.Add(ctx, 1, labels(programID, limit))
}

func labels(programID string, limit domain.Limit, more ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributes(append(more, attribute.String("program", programID),
		attribute.String("scope", string(limit.Scope)), attribute.String("period", string(limit.Period)))...)
}
