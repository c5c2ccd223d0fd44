package testkit

import (
	"context"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// SpanRecorder records every span of its provider.
type SpanRecorder struct {
	provider *sdktrace.TracerProvider
	recorder *tracetest.SpanRecorder
}

// Spans returns a recorder whose provider samples everything.
func Spans(t testing.TB) *SpanRecorder {
	t.Helper()
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithSpanProcessor(recorder),
	)
	t.Cleanup(func() {
		if err := provider.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("shut the tracer provider down: %v", err)
		}
	})
	return &SpanRecorder{provider: provider, recorder: recorder}
}

// Provider is what the code under test is given.
func (r *SpanRecorder) Provider() trace.TracerProvider { return r.provider }

// Start begins a root span under which the code under test runs.
func (r *SpanRecorder) Start(ctx context.Context, name string) (context.Context, trace.Span) {
	return r.provider.Tracer("test").Start(ctx, name)
}

// Ended returns the spans that have ended, in that order.
func (r *SpanRecorder) Ended() []sdktrace.ReadOnlySpan { return r.recorder.Ended() }

// Named returns the ended spans with a name.
func (r *SpanRecorder) Named(name string) []sdktrace.ReadOnlySpan {
	var found []sdktrace.ReadOnlySpan
	for _, span := range r.recorder.Ended() {
		if span.Name() == name {
			found = append(found, span)
		}
	}
	return found
}

// Reset forgets what was recorded.
func (r *SpanRecorder) Reset() { r.recorder.Reset() }
