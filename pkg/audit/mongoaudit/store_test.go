package mongoaudit_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

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
		})
	}
	group.Wait()
	newest := bson.E{Key: "_id", Value: -1}
	for name, query := range map[string]audit.Query{
		"_id_":             {Before: "entry-000100"},
		"subject_1__id_-1": {Subject: "u7", Before: "entry-000100"},
		"method_1__id_-1":  {Method: "/m/7", Before: "entry-000100"},
	} {
		mongoxtest.RequireIndexNamed(t, coll, name, mongoaudit.Filter(query), newest)
	}
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
	if err := coll.FindOne(t.Context(), bson.D{{Key: "_id", Value: "a"}}).Decode(&got); err != nil || got.Code != "OK" {
		t.Fatalf("entry = %+v, err = %v", got, err)
	}
	if err := store.End(t.Context(), audit.Outcome{ID: "a"}); err == nil {
		t.Error("a closed store accepted an outcome")
	}
	if err := store.Flush(t.Context()); err != nil {
		t.Errorf("Flush after Close = %v", err)
	}
}
