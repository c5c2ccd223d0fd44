package mongostore_test

import (
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/mongox/mongoxtest"
	"github.com/refersuite/refersuite/pkg/outbox/mongooutbox"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/mongostore"
	"github.com/refersuite/refersuite/services/wallet/internal/storetest"
)

func openRedemptions(t testing.TB) storetest.RedemptionStore {
	t.Helper()
	store, err := mongostore.OpenRedemptions(t.Context(), testkit.Mongo(t))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestRedemptionStores_Contract(t *testing.T) { storetest.RunRedemptionStore(t, openRedemptions) }

func TestRedemptionStores_HotQueriesUseIndexes(t *testing.T) {
	db := testkit.Mongo(t)
	if _, err := mongostore.OpenRedemptions(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	coll := db.Collection(mongostore.RedemptionsCollection)
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	var documents []bson.D
	for i := range 1000 {
		status := domain.RedemptionPaid
		if i%50 == 0 {
			status = domain.RedemptionSubmitted
		}
		documents = append(documents, bson.D{
			{Key: "_id", Value: fmt.Sprintf("x%03d", i)}, {Key: "version", Value: int64(1)}, {Key: "user_id", Value: fmt.Sprint("u", i%200)},
			{Key: "status", Value: status}, {Key: "requested_at", Value: noon.Add(time.Duration(i) * time.Second)},
		})
	}
	if _, err := coll.InsertMany(t.Context(), documents); err != nil {
		t.Fatal(err)
	}
	newest := []bson.E{{Key: "requested_at", Value: -1}, {Key: "_id", Value: -1}}
	for _, after := range []app.RedemptionCursor{{}, {RequestedAt: noon.Add(time.Minute), ID: "x060"}} {
		for name, q := range map[string]app.RedemptionQuery{
			"by_time": {}, "by_user": {UserID: "u7"}, "by_status": {Status: domain.RedemptionSubmitted},
		} {
			mongoxtest.RequireIndexNamed(t, coll, name, mongostore.RedemptionFilter(q, after), newest...)
		}
		mongoxtest.RequireIndex(t, coll, mongostore.RedemptionFilter(app.RedemptionQuery{UserID: "u7", Status: domain.RedemptionPaid}, after), newest...)
	}
	mongoxtest.RequireIndexNamed(t, coll, "by_status", mongostore.RedemptionFilter(app.RedemptionQuery{Status: domain.RedemptionSubmitted}, app.RedemptionCursor{}),
		bson.E{Key: "requested_at", Value: 1}, bson.E{Key: "_id", Value: 1})
	mongoxtest.RequireIndexNamed(t, coll, "_id_", bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: "x5"}}}}, bson.E{Key: "_id", Value: 1})
	mongoxtest.RequireIndexNamed(t, coll, "outbox_due", mongooutbox.DueFilter(noon), bson.E{Key: "outbox.due_at", Value: 1})
}

func TestRedemptionStores_Rules(t *testing.T) {
	storetest.RunRedemptions(t, func(t testing.TB) storetest.RedemptionStores {
		t.Helper()
		return storetest.RedemptionStores{Ledger: open(t), Redemptions: openRedemptions(t)}
	})
}
