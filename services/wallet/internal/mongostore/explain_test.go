package mongostore_test

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/chain/mongochain"
	"github.com/refersuite/refersuite/pkg/mongox/mongoxtest"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/mongostore"
)

func TestWalletStores_HotQueriesUseIndexes(t *testing.T) {
	db := testkit.Mongo(t)
	if _, err := mongostore.Open(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	var lines []bson.D
	for i := range 1000 {
		key := domain.AccountKey(fmt.Sprintf("u%d", i), "INR")
		lines = append(lines, bson.D{{Key: "_id", Value: key + "#000000000001"}, {Key: "k", Value: key}, {Key: "c", Value: "reward/p1/r1/t/REFERRER"}})
	}
	ledger := db.Collection(mongostore.Ledger)
	if _, err := ledger.InsertMany(t.Context(), lines); err != nil {
		t.Fatal(err)
	}
	// Balances and postings are ranges of _id; a replay, a release and a reversal find their reward by its command.
	key := domain.AccountKey("u7", "INR")
	postings := bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: key + "#"}, {Key: "$lt", Value: key + "$"}}}}
	mongoxtest.RequireIndexNamed(t, ledger, "_id_", postings, bson.E{Key: "_id", Value: -1})
	mongoxtest.RequireIndexNamed(t, ledger, mongochain.CommandIndex,
		bson.D{{Key: "k", Value: key}, {Key: "c", Value: "reward/p1/r1/t/REFERRER"}})
}
