package grpcx

import (
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc"
)

// serverTelemetry returns the handler that makes spans and RED metrics; nothing at all when both are off.
func serverTelemetry(tracers trace.TracerProvider, meters metric.MeterProvider) []grpc.ServerOption {
	options := telemetryOptions(tracers, meters)
	if options == nil {
		return nil
	}
	return []grpc.ServerOption{grpc.StatsHandler(otelgrpc.NewServerHandler(options...))}
}

// clientTelemetry is serverTelemetry for outgoing calls.
func clientTelemetry(tracers trace.TracerProvider, meters metric.MeterProvider) []grpc.DialOption {
	options := telemetryOptions(tracers, meters)
	if options == nil {
		return nil
	}
	return []grpc.DialOption{grpc.WithStatsHandler(otelgrpc.NewClientHandler(options...))}
}

// telemetryOptions returns nil when there is nothing to observe for.
func telemetryOptions(tracers trace.TracerProvider, meters metric.MeterProvider) []otelgrpc.Option {
	if tracers == nil {
		tracers = tracenoop.NewTracerProvider()
	}
	if meters == nil {
		meters = metricnoop.NewMeterProvider()
	}
	_, noTraces := tracers.(tracenoop.TracerProvider)
	_, noMetrics := meters.(metricnoop.MeterProvider)
	if noTraces && noMetrics {
		return nil
	}
	return []otelgrpc.Option{
		otelgrpc.WithTracerProvider(tracers),
		otelgrpc.WithMeterProvider(meters),
		otelgrpc.WithPropagators(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})),
	}
}
