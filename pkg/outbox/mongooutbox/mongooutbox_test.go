package mongooutbox_test

import (
	"context"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/outbox/mongooutbox"
	"github.com/refersuite/refersuite/pkg/outbox/outboxtest"
	"github.com/refersuite/refersuite/pkg/testkit"
)

type store struct {
	*mongooutbox.Source
	coll *mongo.Collection
}

func (s store) Insert(ctx context.Context, a outboxtest.Aggregate) error {
	a.Version = 1
	_, err := s.coll.InsertOne(ctx, a)
	return err
}

func (s store) Load(ctx context.Context, id string) (outboxtest.Aggregate, error) {
	var a outboxtest.Aggregate
	err := s.coll.FindOne(ctx, bson.M{"_id": id}).Decode(&a)
	return a, err
}

func (s store) Save(ctx context.Context, a outboxtest.Aggregate) error {
	filter := bson.M{"_id": a.ID, "version": a.Version}
	a.Version++
	result, err := s.coll.ReplaceOne(ctx, filter, a)
	if err != nil {
		return err
	}
	if result.MatchedCount == 0 {
		return outbox.ErrConflict
	}
	return nil
}

func open(t *testing.T) store {
	t.Helper()
	coll := testkit.Mongo(t).Collection("aggregates")
	if err := mongox.EnsureIndexes(t.Context(), coll, mongooutbox.Indexes()...); err != nil {
		t.Fatal(err)
	}
	return store{mongooutbox.New(coll), coll}
}

func TestContractStores(t *testing.T) {
	outboxtest.Run(t, func(t *testing.T) outboxtest.Store { return open(t) })
}
