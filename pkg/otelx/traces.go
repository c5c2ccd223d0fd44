package otelx

import (
	"context"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

func (t *Telemetry) setupTraces(ctx context.Context, cfg Config, opts Options, res *resource.Resource) error {
	exporter, err := newExporter(ctx, cfg, opts)
	if err != nil {
		return err
	}
	if exporter == nil {
		t.TracerProvider = tracenoop.NewTracerProvider()
		return nil
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(res),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(cfg.SampleRatio))),
	)
	t.TracerProvider = provider
	t.stops = append(t.stops, provider.Shutdown)
	return nil
}

// newExporter returns nil when traces are off. An OTLP exporter connects in the background: a collector that is down never
// keeps a service from starting.
func newExporter(ctx context.Context, cfg Config, opts Options) (sdktrace.SpanExporter, error) {
	switch cfg.Traces {
	case TracesStdout:
		return stdouttrace.New(stdouttrace.WithWriter(opts.Spans))
	case TracesOTLP:
		return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(cfg.Endpoint))
	default:
		return nil, nil
	}
}
