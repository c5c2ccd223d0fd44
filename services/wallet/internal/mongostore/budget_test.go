package mongostore_test

import (
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/mongox/mongoxtest"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/mongostore"
	"github.com/refersuite/refersuite/services/wallet/internal/storetest"
)

func openQueue(t testing.TB) app.Queue {
	t.Helper()
	queue, err := mongostore.OpenQueue(t.Context(), testkit.Mongo(t))
	if err != nil {
		t.Fatal(err)
	}
	return queue
}

func TestWalletStores_Budgets(t *testing.T) {
	storetest.RunBudgets(t, storetest.BudgetStores{Ledger: open, Queue: openQueue, Stride: 7})
}

func TestWalletStores_Queue(t *testing.T) { storetest.RunQueue(t, openQueue) }

func TestWalletStores_QueueIsReadByItsIndex(t *testing.T) {
	db := testkit.Mongo(t)
	queue, err := mongostore.OpenQueue(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	var docs []bson.D
	for i := range 1000 {
		docs = append(docs, bson.D{
			{Key: "_id", Value: fmt.Sprint("reward/", i)}, {Key: "program", Value: fmt.Sprint("p", i%50)},
			{Key: "queued_at", Value: time.UnixMilli(int64(i)).UTC()}, {Key: "amount", Value: int64(1)},
		})
	}
	waiting := db.Collection(mongostore.QueuedRewards)
	if _, err := waiting.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	sort := []bson.E{{Key: "queued_at", Value: 1}, {Key: "_id", Value: 1}}
	mongoxtest.RequireIndexNamed(t, waiting, mongostore.WaitingIndex, mongostore.WaitingAfter("p7", app.QueuePlace{}), sort...)
	if list, err := queue.List(t.Context(), "p7", app.QueuePlace{}, 100); err != nil || len(list) != 20 {
		t.Fatalf("listed %d, %v", len(list), err)
	}
}
