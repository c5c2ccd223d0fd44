package grpcserver

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/refersuite/refersuite/pkg/access"
)

// actor returns the subject of the caller's token.
func actor(ctx context.Context) string {
	caller, _ := access.FromContext(ctx)
	return caller.Subject
}

// traceID returns the trace of the request in hex; empty when it has none.
func traceID(ctx context.Context) string {
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		return span.TraceID().String()
	}
	return ""
}
