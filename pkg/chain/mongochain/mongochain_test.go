package mongochain_test

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/chaintest"
	"github.com/refersuite/refersuite/pkg/chain/mongochain"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/testkit"
)

func TestChainStores_Contract(t *testing.T) {
	db := testkit.Mongo(t)
	var collections atomic.Int64
	chaintest.Run(t, func(t testing.TB) chaintest.Fixture {
		coll := collection(t, db, fmt.Sprint("chain", collections.Add(1)))
		store := mongochain.New[chaintest.Body](coll)
		return chaintest.Fixture{
			Store:  store,
			Second: mongochain.New[chaintest.Body](coll),
			Tamper: func(key string, seq int64, change func(*chain.Entry[chaintest.Body]) bool) {
				tamper(t, coll, store, key, seq, change)
			},
		}
	})
}

func collection(t testing.TB, db *mongo.Database, name string) *mongo.Collection {
	t.Helper()
	coll := db.Collection(name)
	if err := mongox.EnsureIndexes(t.Context(), coll, mongochain.Indexes()...); err != nil {
		t.Fatal(err)
	}
	return coll
}

// tamper updates or deletes a document behind the store's back.
func tamper(t testing.TB, coll *mongo.Collection, store chain.Store[chaintest.Body], key string, seq int64,
	change func(*chain.Entry[chaintest.Body]) bool) {
	t.Helper()
	ctx, id := context.WithoutCancel(t.Context()), bson.D{{Key: "_id", Value: fmt.Sprintf("%s#%012d", key, seq)}}
	page, err := store.Range(ctx, key, chain.Page{After: seq - 1, Limit: 1})
	if err != nil || len(page) != 1 {
		t.Fatalf("entry %s#%d = %v, %v", key, seq, page, err)
	}
	e := *page[0]
	if !change(&e) {
		if _, err := coll.DeleteOne(ctx, id); err != nil {
			t.Fatal(err)
		}
		return
	}
	var body bytes.Buffer
	enc := bson.NewEncoder(bson.NewDocumentWriter(&body))
	enc.UseJSONStructTags()
	if err := enc.Encode(e.Body); err != nil {
		t.Fatal(err)
	}
	set := bson.D{
		{Key: "k", Value: e.Key}, {Key: "s", Value: e.Seq}, {Key: "c", Value: e.Command.ID}, {Key: "ch", Value: e.Command.Hash[:]},
		{Key: "t", Value: e.At}, {Key: "p", Value: e.Prev[:]}, {Key: "h", Value: e.Hash[:]}, {Key: "b", Value: bson.Raw(body.Bytes())},
	}
	if _, err := coll.UpdateOne(ctx, id, bson.D{{Key: "$set", Value: set}}); err != nil {
		t.Fatal(err)
	}
}

func TestChainStores_UnreadableDocumentIsAFault(t *testing.T) {
	coll := collection(t, testkit.Mongo(t), "chain")
	log := chain.New(mongochain.New[chaintest.Body](coll), chain.Options{})
	defer func() {
		if err := log.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	_, err := coll.InsertMany(t.Context(), []any{
		bson.D{{Key: "_id", Value: "k#000000000001"}, {Key: "k", Value: "k"}, {Key: "c", Value: "c1"}, {Key: "b", Value: "text"}},
		bson.D{{Key: "_id", Value: "odd"}, {Key: "k", Value: "odd"}, {Key: "c", Value: "c1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	report, err := log.VerifyAll(t.Context(), "", nil)
	if err != nil || fmt.Sprint(report.Faults) != "[k#1 HASH_MISMATCH odd#0 HASH_MISMATCH]" {
		t.Errorf("report %+v, %v", report, err)
	}
	if _, _, err := log.Head(t.Context(), "k"); err == nil {
		t.Error("an unreadable head was read")
	}
}
