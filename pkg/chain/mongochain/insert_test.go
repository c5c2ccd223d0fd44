package mongochain_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/chaintest"
	"github.com/refersuite/refersuite/pkg/chain/mongochain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/testkit"
)

func TestInsert_CarriesWhatFitsIntoOneMessage(t *testing.T) {
	half, small := bson.Raw(make([]byte, mongochain.MaxMessage/2)), bson.Raw(make([]byte, 100))
	whole := bson.Raw(make([]byte, mongochain.MaxMessage+1))
	for name, test := range map[string]struct {
		docs []bson.Raw
		want int
	}{
		"all":              {[]bson.Raw{small, small, small}, 3},
		"exactly":          {[]bson.Raw{half, half}, 2},
		"one too many":     {[]bson.Raw{half, half, small}, 2},
		"a large one":      {[]bson.Raw{whole, small}, 1},
		"before the large": {[]bson.Raw{small, small, whole}, 2},
	} {
		if got := mongochain.Carried(test.docs); got != test.want {
			t.Errorf("%s: %d documents, want %d", name, got, test.want)
		}
	}
}

// TestInsertStores_LargerThanAMessage inserts entries that no single insert carries, the last of which is taken.
func TestInsertStores_LargerThanAMessage(t *testing.T) {
	store := mongochain.New[chaintest.Body](collection(t, testkit.Mongo(t), "chain"))
	note := strings.Repeat("x", 7<<20)
	entries := make([]*chain.Entry[chaintest.Body], 7)
	for i := range entries {
		entries[i] = &chain.Entry[chaintest.Body]{
			Key: "large", Seq: int64(i + 1), Command: command.New(string(rune('a'+i)), "test.v1"),
			At: time.Unix(0, 0).UTC(), Body: chaintest.Body{Note: note},
		}
	}
	last := entries[len(entries)-1]
	if n, err := store.Insert(t.Context(), entries[len(entries)-1:]); n != 1 || err != nil {
		t.Fatalf("inserted %d: %v", n, err)
	}
	last.Command = command.New("z", "test.v1")
	n, err := store.Insert(t.Context(), entries)
	if n != len(entries)-1 || !errors.Is(err, chain.ErrSeqTaken) {
		t.Fatalf("inserted %d: %v", n, err)
	}
	head, err := store.Head(t.Context(), "large")
	if err != nil || head == nil || head.Seq != last.Seq || len(head.Body.Note) != len(note) {
		t.Fatalf("the head is %v", err)
	}
}

// TestInsertStores_IsAcknowledgedByAMajority looks at what goes over the wire of a client that asks for less.
func TestInsertStores_IsAcknowledgedByAMajority(t *testing.T) {
	var concern bson.Raw
	monitor := &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if e.CommandName == "insert" {
			concern, _ = e.Command.Lookup("writeConcern").DocumentOK()
		}
	}}
	careless := options.Client().ApplyURI(testkit.MongoURI(t)).SetWriteConcern(writeconcern.W1()).SetMonitor(monitor)
	client, err := mongo.Connect(careless)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := client.Disconnect(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	coll := collection(t, testkit.Mongo(t), "chain")
	store := mongochain.New[chaintest.Body](client.Database(coll.Database().Name()).Collection(coll.Name()))
	e := &chain.Entry[chaintest.Body]{Key: "k", Seq: 1, Command: command.New("a", "test.v1"), At: time.Unix(0, 0).UTC()}
	if n, err := store.Insert(t.Context(), []*chain.Entry[chaintest.Body]{e}); n != 1 || err != nil {
		t.Fatalf("inserted %d: %v", n, err)
	}
	w, _ := concern.Lookup("w").StringValueOK()
	if journaled, _ := concern.Lookup("j").BooleanOK(); w != "majority" || !journaled {
		t.Errorf("the write concern is %s", concern)
	}
}
