package mongoaudit_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	metricsdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/audit/mongoaudit"
	"github.com/refersuite/refersuite/pkg/clock"
)

func TestOutcomes_AreLoggedAndCountedWhenTheDatabaseIsGone(t *testing.T) {
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://127.0.0.1:1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Disconnect(t.Context()); err != nil {
		t.Fatal(err)
	}
	fake := clock.NewFake(time.Unix(0, 0))
	reader := metricsdk.NewManualReader()
	var log bytes.Buffer
	store, err := mongoaudit.New(client.Database("x").Collection("audit"), mongoaudit.Deps{
		Logger:        slog.New(slog.NewTextHandler(&log, nil)),
		MeterProvider: metricsdk.NewMeterProvider(metricsdk.WithReader(reader)),
		Clock:         fake,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Begin(t.Context(), audit.Intent{ID: "a"}); err == nil {
		t.Error("Begin succeeded without a database")
	}
	if err := store.End(t.Context(), audit.Outcome{ID: "a", Code: "OK"}); err != nil {
		t.Errorf("End waits for nobody: %v", err)
	}
	for range 3 {
		fake.BlockUntil(1)
		fake.Advance(time.Minute)
	}
	if err := store.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "audit outcome lost") || !strings.Contains(log.String(), "entry=a") {
		t.Errorf("log = %s", log.String())
	}
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	if n := lost(collected); n != 1 {
		t.Errorf("%d outcomes counted as lost, want 1", n)
	}
}

func lost(collected metricdata.ResourceMetrics) int64 {
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			if sum, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == "refersuite.audit.outcomes.lost" {
				return sum.DataPoints[0].Value
			}
		}
	}
	return 0
}
