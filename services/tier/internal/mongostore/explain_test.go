package mongostore

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/chain/mongochain"
	"github.com/refersuite/refersuite/pkg/mongox/mongoxtest"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

func TestTierStores_HotQueriesUseIndexes(t *testing.T) {
	db := testkit.Mongo(t)
	if _, err := OpenProgress(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	ladders, err := OpenLadders(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	var steps []bson.D
	for i := range 500 {
		l := domain.Ladder{ProgramID: fmt.Sprintf("p%d", i), Version: 1, Policy: domain.FraudOnly, Tiers: []domain.Tier{{Name: "STARTER"}}}
		if _, err := ladders.Put(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		key := domain.MemberKey("p1", fmt.Sprintf("u%d", i))
		steps = append(steps, bson.D{{Key: "_id", Value: key + "#000000000001"}, {Key: "k", Value: key}, {Key: "c", Value: "completion/p1/r"}})
	}
	progress := db.Collection(Progress)
	if _, err := progress.InsertMany(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
	newest := bson.E{Key: "_id", Value: -1}
	mongoxtest.RequireIndexNamed(t, ladders.coll, "_id_", bson.D{{Key: "_id", Value: ladderID("p7", 1)}})
	mongoxtest.RequireIndexNamed(t, ladders.coll, "_id_", versionsOf("p7"), newest)
	// The head of a person, and the members of a programme, are ranges of _id; a replay is found by its command.
	key := domain.MemberKey("p1", "u7")
	mongoxtest.RequireIndexNamed(t, progress, "_id_", idRange(key+"#", key+"$"), newest)
	mongoxtest.RequireIndexNamed(t, progress, "_id_", idRange(domain.MemberPrefix("p1"), domain.MemberPrefix("p1")+"~"), bson.E{Key: "_id", Value: 1})
	mongoxtest.RequireIndexNamed(t, progress, mongochain.CommandIndex, bson.D{{Key: "k", Value: key}, {Key: "c", Value: "completion/p1/r"}})
}

func idRange(from, to string) bson.D {
	return bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: from}, {Key: "$lt", Value: to}}}}
}
