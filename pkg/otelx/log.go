package otelx

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// newLogger writes JSON or text and names the service in every entry.
func newLogger(cfg Config, opts Options) *slog.Logger {
	handlerOptions := &slog.HandlerOptions{Level: cfg.LogLevel}
	var handler slog.Handler = slog.NewJSONHandler(opts.Log, handlerOptions)
	if cfg.LogFormat == "text" {
		handler = slog.NewTextHandler(opts.Log, handlerOptions)
	}
	return slog.New(WithTraceIDs(handler)).With(slog.String("service", opts.Service))
}

// WithTraceIDs wraps a handler so that entries logged with a context carry the trace_id and span_id of its span.
func WithTraceIDs(next slog.Handler) slog.Handler { return traceHandler{next} }

type traceHandler struct{ slog.Handler }

func (h traceHandler) Handle(ctx context.Context, record slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		record.AddAttrs(
			slog.String("trace_id", span.TraceID().String()),
			slog.String("span_id", span.SpanID().String()),
		)
	}
	return h.Handler.Handle(ctx, record)
}

func (h traceHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traceHandler{h.Handler.WithAttrs(attrs)}
}

func (h traceHandler) WithGroup(name string) slog.Handler {
	return traceHandler{h.Handler.WithGroup(name)}
}
