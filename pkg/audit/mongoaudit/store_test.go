package mongoaudit_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	metricsdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/audit/audittest"
	"github.com/refersuite/refersuite/pkg/audit/mongoaudit"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/mongox/mongoxtest"
	"github.com/refersuite/refersuite/pkg/testkit"
)

func newStore(t *testing.T) (*mongoaudit.Store, *mongo.Collection) {
	t.Helper()
	coll := testkit.Mongo(t).Collection(mongoaudit.Collection)
	if err := mongox.EnsureIndexes(t.Context(), coll, mongoaudit.Indexes()...); err != nil {
		t.Fatal(err)
	}
	store, err := mongoaudit.New(coll, mongoaudit.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		if err := store.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return store, coll
}

func TestStores_AuditContract(t *testing.T) {
	audittest.Run(t, func(t *testing.T) audit.Store {
		store, _ := newStore(t)
		return store
	})
}

func TestStores_AuditQueriesAreServedByIndexes(t *testing.T) {
	store, coll := newStore(t)
	var group sync.WaitGroup
	for i := range 600 {
		group.Go(func() {
			intent := audit.Intent{
				ID: fmt.Sprintf("entry-%06d", i), Subject: fmt.Sprintf("u%d", i%200), Method: fmt.Sprintf("/m/%d", i%40),
				StartedAt: time.Unix(int64(i), 0).UTC(),
			}
			if err := store.Begin(t.Context(), intent); err != nil {
				t.Error(err)
			}
			if err := store.End(t.Context(), audit.Outcome{ID: intent.ID, FinishedAt: intent.StartedAt, Code: "OK"}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if err := store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	newest := bson.E{Key: "_id", Value: -1}
	for name, queries := range map[string][]audit.Query{
		"_id_":             {{}, {Before: "entry-000100"}},
		"subject_1__id_-1": {{Subject: "u7"}, {Subject: "u7", Before: "entry-000100"}},
		"method_1__id_-1":  {{Method: "/m/7"}, {Method: "/m/7", Before: "entry-000100"}},
	} {
		for _, query := range queries {
			mongoxtest.RequireIndexNamed(t, coll, name, mongoaudit.Filter(query), newest)
		}
	}
	mongoxtest.RequireIndexNamed(t, coll, "_id_", mongoaudit.OutcomeFilter([]string{"entry-000007", "entry-000008"}))
}

func TestStores_AuditEntriesAgeOut(t *testing.T) {
	_, coll := newStore(t)
	specs, err := coll.Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range specs {
		if spec.ExpireAfterSeconds != nil {
			if *spec.ExpireAfterSeconds != 3*365*24*60*60 {
				t.Errorf("entries age out after %d s, want 3 years", *spec.ExpireAfterSeconds)
			}
			return
		}
	}
	t.Fatalf("no TTL index among %+v", specs)
}

func TestStores_AuditOutcomesShareTheRoundTripsOfIntentsAndChangeNothing(t *testing.T) {
	reader := metricsdk.NewManualReader()
	coll := testkit.Mongo(t).Collection(mongoaudit.Collection)
	store, err := mongoaudit.New(coll, mongoaudit.Deps{MeterProvider: metricsdk.NewMeterProvider(metricsdk.WithReader(reader))})
	if err != nil {
		t.Fatal(err)
	}
	intent := audit.Intent{ID: "a", Subject: "asha", Method: "/m/1", StartedAt: time.Unix(1, 0).UTC()}
	if err := store.Begin(t.Context(), intent); err != nil {
		t.Fatal(err)
	}
	before, err := coll.FindOne(t.Context(), bson.D{{Key: "_id", Value: "a"}}).Raw()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := store.End(t.Context(), audit.Outcome{ID: "a", FinishedAt: time.Unix(2, 0).UTC(), Code: "OK"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, err := coll.FindOne(t.Context(), bson.D{{Key: "_id", Value: "a"}}).Raw()
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the intent was %v, is %v, err = %v", before, after, err)
	}
	if n, err := coll.CountDocuments(t.Context(), bson.D{}); err != nil || n != 2 {
		t.Errorf("%d documents, err = %v; want the intent and one outcome", n, err)
	}
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	if n := grouped(collected); n != 4 {
		t.Errorf("%d documents went through the writer of intents, want all 4", n)
	}
	if err := store.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// grouped returns how many documents the group-committing writers were given.
func grouped(collected metricdata.ResourceMetrics) int64 {
	var n int64
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			if sizes, ok := m.Data.(metricdata.Histogram[int64]); ok && m.Name == "refersuite.group_commit.batch_size" {
				for _, point := range sizes.DataPoints {
					n += point.Sum
				}
			}
		}
	}
	return n
}

func TestStores_AuditOutcomesAreWrittenOnClose(t *testing.T) {
	coll := testkit.Mongo(t).Collection(mongoaudit.Collection)
	store, err := mongoaudit.New(coll, mongoaudit.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Begin(t.Context(), audit.Intent{ID: "a", StartedAt: time.Unix(1, 0).UTC()}); err != nil {
		t.Fatal(err)
	}
	if err := store.End(t.Context(), audit.Outcome{ID: "a", FinishedAt: time.Unix(2, 0).UTC(), Code: "OK"}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Code string `bson:"code"`
	}
	if err := coll.FindOne(t.Context(), bson.D{{Key: "_id", Value: "a~end"}}).Decode(&got); err != nil || got.Code != "OK" {
		t.Fatalf("entry = %+v, err = %v", got, err)
	}
	if err := store.End(t.Context(), audit.Outcome{ID: "a"}); err == nil {
		t.Error("a closed store accepted an outcome")
	}
	if err := store.Flush(t.Context()); err != nil {
		t.Errorf("Flush after Close = %v", err)
	}
}
