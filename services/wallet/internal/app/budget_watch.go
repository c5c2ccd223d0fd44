package app

import (
	"context"
	"log/slog"

	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// BudgetWatch is told how far the limits of programmes are used. Its methods must not block.
type BudgetWatch interface {
	// Used tells how far a limit of a programme is used, allotments of stripes included, after one was granted or came back.
	Used(ctx context.Context, programID string, u domain.LimitUse)
	// Reached tells that a limit was used to a part, once for each period and part.
	Reached(ctx context.Context, programID string, w domain.Warning)
	// Exhausted tells that a reward did not fit into a limit.
	Exhausted(ctx context.Context, programID string, limit domain.Limit)
}

// WithBudgetWatch tells somebody how far limits are used; nobody by default.
func WithBudgetWatch(watch BudgetWatch) Option { return func(l *Ledger) { l.watch = watch } }

// WithLogger tells a logger about limits that are reached; the default is slog.Default.
func WithLogger(logger *slog.Logger) Option { return func(l *Ledger) { l.logger = logger } }

// noWatch does not look.
type noWatch struct{}

func (noWatch) Used(context.Context, string, domain.LimitUse)   {}
func (noWatch) Reached(context.Context, string, domain.Warning) {}
func (noWatch) Exhausted(context.Context, string, domain.Limit) {}

// announce tells what a step of a programme's chain did to its limits.
func (l *Ledger) announce(ctx context.Context, programID string, p domain.Program) {
	for _, u := range p.Uses(p.At) {
		l.watch.Used(ctx, programID, u)
	}
	for _, w := range p.Noted() {
		l.watch.Reached(ctx, programID, w)
		attrs := []slog.Attr{
			slog.String("program", programID), slog.Int("percent", w.Percent),
			slog.String("scope", string(w.Limit.Scope)), slog.String("period", string(w.Limit.Period)),
			slog.Int64("limit_minor", w.Limit.Amount), slog.String("currency", p.Currency),
		}
		if !w.Used.End.IsZero() {
			attrs = append(attrs, slog.Time("period_start", w.Used.Start), slog.Time("period_end", w.Used.End))
		}
		l.logger.LogAttrs(ctx, slog.LevelWarn, "a budget limit is reached", attrs...)
	}
}
