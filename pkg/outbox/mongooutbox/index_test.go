package mongooutbox_test

import (
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/mongox/mongoxtest"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/outbox/mongooutbox"
	"github.com/refersuite/refersuite/pkg/outbox/outboxtest"
)

func TestIndexesStores_ServeEveryQuery(t *testing.T) {
	s := open(t)
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	docs := make([]outboxtest.Aggregate, 2000)
	for i := range docs {
		docs[i] = outboxtest.Aggregate{ID: fmt.Sprintf("a%04d", i), Version: 1}
		if i%50 == 0 {
			docs[i].Outbox.Add(outbox.Message{ID: "m", CreatedAt: now})
		}
		if i%500 == 1 {
			docs[i].Outbox.ParkedAt = now
		}
	}
	if _, err := s.coll.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	mongoxtest.RequireIndexNamed(t, s.coll, "outbox_due", mongooutbox.DueFilter(now), bson.E{Key: "outbox.due_at", Value: 1})
	mongoxtest.RequireIndexNamed(t, s.coll, "outbox_parked", mongooutbox.ParkedFilter(), bson.E{Key: "outbox.parked_at", Value: 1})
}
