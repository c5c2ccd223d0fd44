package otelx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// Telemetry is what the parts of a process report through.
type Telemetry struct {
	// Logger writes structured entries that carry the trace of their context.
	Logger *slog.Logger
	// TracerProvider makes tracers; it records nothing when traces are off.
	TracerProvider trace.TracerProvider
	// MeterProvider makes meters; it keeps nothing when metrics are off.
	MeterProvider metric.MeterProvider
	// MetricsHandler serves the metrics in the Prometheus format.
	MetricsHandler http.Handler

	stops []func(context.Context) error
}

// Options say whose telemetry it is and where it goes.
type Options struct {
	// Service is the name in traces, metrics and logs, such as wallet.
	Service string
	// Version of the build; empty when unknown.
	Version string
	// Log receives the log; nil means standard error.
	Log io.Writer
	// Spans receives the spans of TRACES=stdout; nil means standard output.
	Spans io.Writer
	// Registry collects the metrics; nil means one of its own, with metrics about the Go runtime. Several services in one
	// process may share a registry: the label service_name keeps them apart.
	Registry *prometheus.Registry
}

// Setup prepares the telemetry of one service and makes W3C trace context and baggage the propagation of the process.
// Shutdown must be called at the end.
func Setup(ctx context.Context, cfg Config, opts Options) (*Telemetry, error) {
	otel.SetTextMapPropagator(Propagator())
	if opts.Log == nil {
		opts.Log = os.Stderr
	}
	if opts.Spans == nil {
		opts.Spans = os.Stdout
	}
	t := &Telemetry{Logger: newLogger(cfg, opts)}
	res := resource.NewSchemaless(
		attribute.String("service.name", opts.Service),
		attribute.String("service.namespace", "refersuite"),
		attribute.String("service.version", opts.Version),
		attribute.String("service.instance.id", uuid.NewString()),
	)
	if err := t.setupTraces(ctx, cfg, opts, res); err != nil {
		return nil, fmt.Errorf("set up traces of %s: %w", opts.Service, err)
	}
	if err := t.setupMetrics(cfg, opts, res); err != nil {
		return nil, errors.Join(fmt.Errorf("set up metrics of %s: %w", opts.Service, err), t.Shutdown(ctx))
	}
	return t, nil
}

// Propagator carries traces between processes: W3C trace context and baggage.
func Propagator() propagation.TextMapPropagator {
	return propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
}

// Discard returns telemetry that records nothing, for tests and tools.
func Discard() *Telemetry {
	return &Telemetry{
		Logger:         slog.New(slog.DiscardHandler),
		TracerProvider: tracenoop.NewTracerProvider(),
		MeterProvider:  metricnoop.NewMeterProvider(),
		MetricsHandler: http.NotFoundHandler(),
	}
}

// Shutdown sends what is still waiting, within the deadline of ctx.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	var problems []error
	for _, stop := range t.stops {
		if err := stop(ctx); err != nil {
			problems = append(problems, err)
		}
	}
	t.stops = nil
	if len(problems) > 0 {
		return fmt.Errorf("flush telemetry: %w", errors.Join(problems...))
	}
	return nil
}
