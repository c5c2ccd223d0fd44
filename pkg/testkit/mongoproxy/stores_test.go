package mongoproxy_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/pkg/testkit/mongoproxy"
)

// through is one collection, by way of a proxy and directly.
type through struct {
	proxy         *mongoproxy.Proxy
	faulty, plain *mongo.Collection
}

func open(t *testing.T) through {
	t.Helper()
	plain := testkit.Mongo(t).Collection("c")
	proxy := mongoproxy.Start(t, testkit.MongoURI(t))
	client, err := mongox.Connect(t.Context(), mongox.Config{URI: proxy.URI(), OperationTimeout: 5 * time.Second}, mongox.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mongox.Close(context.WithoutCancel(t.Context()), client); err != nil {
			t.Error(err)
		}
	})
	return through{proxy, client.Database(plain.Database().Name()).Collection("c"), plain}
}

// short returns a context for an operation that ends by its deadline.
func short(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// insert inserts a document by way of the proxy.
func (s through) insert(ctx context.Context, id string) error {
	_, err := s.faulty.InsertOne(ctx, bson.D{{Key: "_id", Value: id}})
	return err
}

// wantCount fails unless the server has so many documents with the id.
func (s through) wantCount(t *testing.T, id string, want int64) {
	t.Helper()
	if n, err := s.plain.CountDocuments(t.Context(), bson.D{{Key: "_id", Value: id}}); err != nil || n != want {
		t.Errorf("the server has %d documents %s, %v; want %d", n, id, err, want)
	}
}

// Whether the driver retries a write by itself depends on the server. The rules hit the retries too, until the deadline.
func TestStores_FaultsAsTheDriverShowsThem(t *testing.T) {
	network := func(err error) bool { return mongo.IsNetworkError(err) && !mongo.IsTimeout(err) }
	stepDown := func(err error) bool {
		var command mongo.CommandError
		return errors.As(err, &command) && command.Code == 10107 && command.HasErrorLabel("RetryableWriteError")
	}
	for _, c := range []struct {
		fault mongoproxy.Fault
		done  int64
		shown func(error) bool
	}{
		{mongoproxy.CutBefore(), 0, network},
		{mongoproxy.CutAfter(), 1, network},
		{mongoproxy.DropReply(), 1, mongo.IsTimeout},
		{mongoproxy.Hold(), 1, mongo.IsTimeout},
		{mongoproxy.Delay(clock.System(), time.Hour), 1, mongo.IsTimeout},
		{mongoproxy.NotWritablePrimary(), 0, stepDown},
		{mongoproxy.NotWritablePrimaryAfter(), 1, stepDown},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			t.Parallel()
			s := open(t)
			if err := s.insert(t.Context(), "before"); err != nil {
				t.Fatal(err)
			}
			rule := s.proxy.Add(mongoproxy.Writes("c"), c.fault, mongoproxy.Always)
			err := s.insert(short(t), "hit")
			retried := rule.Fired() > 1 && mongo.IsTimeout(err)
			if !c.shown(err) && !retried || !mongox.IsUnknownOutcome(err) {
				t.Errorf("the driver says %v", err)
			}
			if rule.Fired() == 0 {
				t.Error("the rule did not fire")
			}
			s.wantCount(t, "hit", c.done)
			rule.Remove()
			rule.Release()
			if err := s.insert(t.Context(), "after"); err != nil {
				t.Errorf("the client does not recover: %v", err)
			}
		})
	}
}

func TestStores_HeldReplyArrivesAfterRelease(t *testing.T) {
	s := open(t)
	rule := s.proxy.Add(mongoproxy.Writes("c"), mongoproxy.Hold(), 1)
	result := make(chan error, 1)
	go func() { result <- s.insert(t.Context(), "held") }()
	if err := rule.Wait(testkit.Context(t), 1); err != nil {
		t.Error(err)
	}
	s.wantCount(t, "held", 1)
	select {
	case err := <-result:
		t.Errorf("the driver answered %v before the reply came", err)
	default:
		rule.Release()
		if err := <-result; err != nil {
			t.Error(err)
		}
	}
}

func TestStores_ServerGoneAndBack(t *testing.T) {
	s := open(t)
	s.proxy.Refuse(true)
	s.proxy.CutAll()
	if err := s.insert(short(t), "away"); !mongox.IsUnknownOutcome(err) {
		t.Errorf("the driver says %v while the server is gone", err)
	}
	s.wantCount(t, "away", 0)
	s.proxy.Refuse(false)
	if err := s.insert(t.Context(), "back"); err != nil {
		t.Errorf("the client does not recover: %v", err)
	}
}

func TestStores_ReadsAreHitToo(t *testing.T) {
	s := open(t)
	rule := s.proxy.Add(mongoproxy.Reads("c"), mongoproxy.CutBefore(), mongoproxy.Always)
	if err := s.faulty.FindOne(short(t), bson.D{}).Err(); !mongox.IsUnknownOutcome(err) {
		t.Errorf("the driver says %v", err)
	}
	if err := s.insert(t.Context(), "spared"); err != nil {
		t.Errorf("a write was hit by a rule for reads: %v", err)
	}
	if rule.Fired() == 0 {
		t.Error("the rule did not fire")
	}
	updates := s.proxy.Add(mongoproxy.Match{Commands: []string{"findAndModify"}}, mongoproxy.NotWritablePrimary(), mongoproxy.Always)
	err := s.faulty.FindOneAndDelete(short(t), bson.D{{Key: "_id", Value: "spared"}}).Err()
	if !mongox.IsUnknownOutcome(err) || updates.Fired() == 0 {
		t.Errorf("findAndModify = %v, hit %v", err, updates.Commands())
	}
	s.wantCount(t, "spared", 1)
}
