package mongox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

func TestConfig_ValidateSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		config mongox.Config
		want   string
	}{
		"NoURI":           {mongox.Config{}, "MONGODB_URI is empty"},
		"MinAboveMax":     {mongox.Config{URI: "mongodb://h", MinPoolSize: 5, MaxPoolSize: 4}, "lower it"},
		"NegativeTimeout": {mongox.Config{URI: "mongodb://h", OperationTimeout: -1}, "MONGODB_OPERATION_TIMEOUT"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.config.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("err = %v, want %q", err, c.want)
			}
		})
	}
}

func TestConnect_NobodyAnswersAndNoSecretLeaks(t *testing.T) {
	for _, uri := range []string{
		"mongodb://app:hunter2@127.0.0.1:1/?directConnection=true", "mongodb://app:hunter2@", "postgres://app:hunter2@h/",
	} {
		_, err := mongox.Connect(t.Context(), mongox.Config{URI: uri, ServerSelectionTimeout: 50 * time.Millisecond}, mongox.Deps{})
		if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "MONGODB_URI") {
			t.Errorf("err = %v", err)
		}
	}
}

type document struct {
	ID      string          `json:"id" bson:"_id"`
	At      time.Time       `json:"at"`
	Maybe   time.Time       `json:"maybe,omitempty,omitzero"`
	Payload json.RawMessage `json:"payload,omitempty"`
	Hash    [4]byte         `json:"hash"`
	N       int64           `json:"n"`
}

func TestConnectStores_DocumentsUseJSONNamesAndUTC(t *testing.T) {
	coll := testkit.Mongo(t).Collection("c")
	in := document{ID: "a", At: time.Date(2026, 3, 1, 10, 0, 0, 5e6, time.UTC), Payload: json.RawMessage(`{"a":1}`), Hash: [4]byte{1, 2, 3, 4}, N: 1 << 60}
	if _, err := coll.InsertOne(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	var out document
	if err := coll.FindOne(t.Context(), bson.M{"_id": "a"}).Decode(&out); err != nil {
		t.Fatal(err)
	}
	if out.At != in.At || out.At.Location() != time.UTC || string(out.Payload) != string(in.Payload) || out.Hash != in.Hash || out.N != in.N || !out.Maybe.IsZero() {
		t.Errorf("stored %+v, loaded %+v", in, out)
	}
	var raw bson.M
	if err := coll.FindOne(t.Context(), bson.M{}).Decode(&raw); err != nil {
		t.Fatal(err)
	}
	if _, ok := raw["maybe"]; ok || raw["n"] != int64(1<<60) {
		t.Errorf("stored %v", raw)
	}
	marshalled, err := mongox.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var again document
	if err := mongox.Unmarshal(marshalled, &again); err != nil || again.At != in.At || again.N != in.N {
		t.Errorf("Unmarshal(Marshal) = %+v, %v", again, err)
	}
}

func TestMonitorStores_SpansOnlyUnderASampledParentAndWithoutValues(t *testing.T) {
	spans := testkit.Spans(t)
	reader := sdkmetric.NewManualReader()
	db := testkit.MongoWith(t, mongox.Deps{TracerProvider: spans.Provider(), MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))})
	coll := db.Collection("people")
	if _, err := coll.InsertOne(context.Background(), bson.M{"_id": "1", "email": "jane@example.com"}); err != nil {
		t.Fatal(err)
	}
	if n := len(spans.Ended()); n != 0 {
		t.Errorf("%d spans without a parent", n)
	}
	ctx, parent := spans.Start(context.Background(), "parent")
	if err := coll.FindOne(ctx, bson.M{"email": "jane@example.com"}).Err(); err != nil {
		t.Fatal(err)
	}
	parent.End()
	found := spans.Named("find people")
	if len(found) != 1 || found[0].Parent().SpanID() != parent.SpanContext().SpanID() {
		t.Fatalf("spans %v", found)
	}
	want := map[string]string{"db.system.name": "mongodb", "db.operation.name": "find", "db.collection.name": "people", "db.namespace": db.Name()}
	for _, kv := range found[0].Attributes() {
		if want[string(kv.Key)] != kv.Value.AsString() {
			t.Errorf("attribute %s = %s", kv.Key, kv.Value.AsString())
		}
		delete(want, string(kv.Key))
	}
	if len(want) != 0 {
		t.Errorf("missing attributes %v", want)
	}
	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	histogram, ok := data.ScopeMetrics[0].Metrics[0].Data.(metricdata.Histogram[float64])
	if !ok || data.ScopeMetrics[0].Metrics[0].Name != "db.client.operation.duration" {
		t.Fatalf("metrics %+v", data.ScopeMetrics[0].Metrics)
	}
	seen := map[string]uint64{}
	for _, p := range histogram.DataPoints {
		operation, _ := p.Attributes.Value("db.operation.name")
		seen[operation.AsString()] += p.Count
	}
	if seen["insert"] != 1 || seen["find"] != 1 {
		t.Errorf("recorded %v", seen)
	}
}

func TestMonitorStores_WarnsAboutSlowCommands(t *testing.T) {
	var log bytes.Buffer
	base := testkit.Mongo(t)
	client, err := mongox.Connect(t.Context(), mongox.Config{URI: testkit.MongoURI(t), SlowCommand: time.Nanosecond}, mongox.Deps{Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Database(base.Name()).Collection("people").InsertOne(t.Context(), bson.M{"_id": "1", "email": "jane@example.com"}); err != nil {
		t.Error(err)
	}
	if err := mongox.Close(testkit.Context(t), client); err != nil {
		t.Error(err)
	}
	if text := log.String(); !strings.Contains(text, `"operation":"insert","collection":"people"`) || strings.Contains(text, "jane") {
		t.Errorf("logged %s", text)
	}
	if err := mongox.Close(testkit.Context(t), client); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestEnsureIndexesStores_IsIdempotentAmongReplicas(t *testing.T) {
	coll := testkit.Mongo(t).Collection("c")
	done := make(chan error, 5)
	for range cap(done) {
		go func() { done <- mongox.EnsureIndexes(testkit.Context(t), coll, indexOn("a"), indexOn("b")) }()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	specs, err := coll.Indexes().ListSpecifications(t.Context())
	if err != nil || len(specs) != 3 {
		t.Errorf("%d indexes, %v", len(specs), err)
	}
}
