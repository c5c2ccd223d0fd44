package outbox

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

const traceparent = "traceparent"

// TraceOf returns the W3C traceparent of the context's span, to be stored in a message; empty when there is none.
func TraceOf(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[traceparent]
}

// ContextWithTrace returns a context whose remote parent is the stored traceparent. An empty or broken one leaves ctx as
// it is.
func ContextWithTrace(ctx context.Context, trace string) context.Context {
	if trace == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{traceparent: trace})
}

// StartDelivery begins the span of one delivery as a child of the change that caused the message, so that one trace
// covers both sides of the outbox. The caller ends the span. A nil provider makes no span but still passes the trace on.
func StartDelivery(ctx context.Context, provider trace.TracerProvider, m Message) (context.Context, trace.Span) {
	if provider == nil {
		provider = noop.NewTracerProvider()
	}
	return provider.Tracer(scope).Start(ContextWithTrace(ctx, m.Trace), "outbox "+m.Kind,
		trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(
			attribute.String("outbox.message.kind", m.Kind),
			attribute.String("outbox.message.lane", m.Lane),
			attribute.Int("outbox.message.attempt", m.Attempts+1),
		))
}
