package testkit_test

import (
	"context"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

func TestContext_EndsByItself(t *testing.T) {
	if _, ok := testkit.Context(t).Deadline(); !ok {
		t.Error("the context of a test has no deadline")
	}
}

func TestIDs_AreTheSameEveryTime(t *testing.T) {
	a, b := testkit.IDs(), testkit.IDs()
	for range 3 {
		if x, y := a.NewID(), b.NewID(); x != y {
			t.Errorf("%s and %s differ", x, y)
		}
	}
}

func TestSpans_RecordsParentage(t *testing.T) {
	spans := testkit.Spans(t)
	ctx, parent := spans.Start(context.Background(), "parent")
	_, child := spans.Start(ctx, "child")
	child.End()
	parent.End()
	got := spans.Named("child")
	if len(got) != 1 || got[0].Parent().SpanID() != parent.SpanContext().SpanID() {
		t.Fatalf("recorded %v", got)
	}
}

func TestRedis_IsEmptyAndPrivate(t *testing.T) {
	ctx := testkit.Context(t)
	a, b := testkit.Redis(t), testkit.Redis(t)
	if err := a.Set(ctx, "k", "v", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Exists(ctx, "k").Result(); err != nil || n != 0 {
		t.Fatalf("another test's Redis sees the key: %d, %v", n, err)
	}
}

func TestRealRedisStores_IsPrivate(t *testing.T) {
	ctx := testkit.Context(t)
	a, b := testkit.RealRedis(t), testkit.RealRedis(t)
	if err := a.Set(ctx, "k", "v", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if n, err := b.DBSize(ctx).Result(); err != nil || n != 0 {
		t.Fatalf("a fresh database holds %d keys, %v", n, err)
	}
}

func TestMongoStores_IsEmptyAndPrivate(t *testing.T) {
	ctx := testkit.Context(t)
	a, b := testkit.Mongo(t), testkit.Mongo(t)
	if a.Name() == b.Name() {
		t.Fatalf("two tests share database %s", a.Name())
	}
	if _, err := a.Collection("c").InsertOne(ctx, bson.M{"_id": "1"}); err != nil {
		t.Fatal(err)
	}
	if n, err := b.Collection("c").CountDocuments(ctx, bson.M{}); err != nil || n != 0 {
		t.Fatalf("a fresh database holds %d documents, %v", n, err)
	}
}
