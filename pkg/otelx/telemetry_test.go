package otelx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/otelx"
)

func defaults(t *testing.T, environ map[string]string) otelx.Config {
	t.Helper()
	cfg, err := config.LoadFrom[otelx.Config](environ)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func setup(t *testing.T, cfg otelx.Config, opts otelx.Options) *otelx.Telemetry {
	t.Helper()
	telemetry, err := otelx.Setup(t.Context(), cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := telemetry.Shutdown(context.Background()); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	return telemetry
}

func scrape(telemetry *otelx.Telemetry) string {
	answer := httptest.NewRecorder()
	telemetry.MetricsHandler.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	return answer.Body.String()
}

func TestTracesOffRecordNothing(t *testing.T) {
	telemetry := setup(t, defaults(t, nil), otelx.Options{Service: "wallet", Log: &bytes.Buffer{}})
	if _, ok := telemetry.TracerProvider.(tracenoop.TracerProvider); !ok {
		t.Fatalf("got %T", telemetry.TracerProvider)
	}
}

func TestLogEntriesCarryTheirTrace(t *testing.T) {
	var log, spans bytes.Buffer
	cfg := defaults(t, map[string]string{"TRACES": "stdout"})
	telemetry, err := otelx.Setup(t.Context(), cfg, otelx.Options{Service: "wallet", Log: &log, Spans: &spans})
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := telemetry.TracerProvider.Tracer("test").Start(t.Context(), "issue")
	telemetry.Logger.With("a", 1).InfoContext(ctx, "issued")
	span.End()
	if err := telemetry.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	var entry map[string]any
	if err := json.Unmarshal(log.Bytes(), &entry); err != nil {
		t.Fatal(err)
	}
	if entry["trace_id"] != span.SpanContext().TraceID().String() || entry["service"] != "wallet" {
		t.Errorf("got %v", entry)
	}
	if !strings.Contains(spans.String(), `"issue"`) {
		t.Errorf("span not exported: %s", spans.String())
	}
}

func TestEntriesWithoutASpanHaveNoTrace(t *testing.T) {
	var log bytes.Buffer
	telemetry := setup(t, defaults(t, map[string]string{"LOG_FORMAT": "text"}), otelx.Options{Service: "wallet", Log: &log})
	telemetry.Logger.Debug("hidden")
	telemetry.Logger.Info("shown")
	if got := log.String(); strings.Contains(got, "trace_id") || strings.Contains(got, "hidden") || !strings.Contains(got, "msg=shown") {
		t.Fatalf("got %s", got)
	}
}

func TestServicesOfOneProcessShareARegistry(t *testing.T) {
	registry := prometheus.NewRegistry()
	for _, service := range []string{"wallet", "tier"} {
		telemetry := setup(t, defaults(t, nil), otelx.Options{Service: service, Log: &bytes.Buffer{}, Registry: registry})
		counter, err := telemetry.MeterProvider.Meter("test").Int64Counter("postings")
		if err != nil {
			t.Fatal(err)
		}
		counter.Add(t.Context(), 1, metric.WithAttributes(attribute.String("kind", service)))
		if service != "tier" {
			continue
		}
		for _, want := range []string{`service_name="wallet"`, `service_name="tier"`, "postings_total"} {
			if got := scrape(telemetry); !strings.Contains(got, want) {
				t.Errorf("no %s in:\n%s", want, got)
			}
		}
	}
}

func TestOwnRegistryTellsAboutTheRuntime(t *testing.T) {
	telemetry := setup(t, defaults(t, nil), otelx.Options{Service: "wallet", Log: &bytes.Buffer{}})
	if got := scrape(telemetry); !strings.Contains(got, "go_goroutines") {
		t.Fatalf("got:\n%s", got)
	}
}

func TestPropagationIsW3C(t *testing.T) {
	setup(t, defaults(t, nil), otelx.Options{Service: "wallet", Log: &bytes.Buffer{}})
	if got := strings.Join(otel.GetTextMapPropagator().Fields(), " "); !strings.Contains(got, "traceparent") {
		t.Fatalf("got %s", got)
	}
}

func TestAbsentCollectorDoesNotKeepAServiceFromStarting(t *testing.T) {
	cfg := defaults(t, map[string]string{"TRACES": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
	setup(t, cfg, otelx.Options{Service: "wallet", Log: &bytes.Buffer{}})
}

func TestSettingsOutOfRangeAreRefused(t *testing.T) {
	_, err := config.LoadFrom[otelx.Config](map[string]string{"TRACES": "file", "LOG_FORMAT": "xml", "TRACES_SAMPLE_RATIO": "2"})
	for _, name := range []string{"TRACES", "LOG_FORMAT", "TRACES_SAMPLE_RATIO"} {
		if err == nil || !strings.Contains(err.Error(), name+" is") {
			t.Errorf("%s not reported in %v", name, err)
		}
	}
}
