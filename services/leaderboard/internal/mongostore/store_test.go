package mongostore_test

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/mongochain"
	"github.com/refersuite/refersuite/pkg/mongox/mongoxtest"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
	"github.com/refersuite/refersuite/services/leaderboard/internal/mongostore"
	"github.com/refersuite/refersuite/services/leaderboard/internal/storetest"
)

func TestLeaderboardStores_ScoresContract(t *testing.T) {
	storetest.RunScores(t, func(t *testing.T) chain.Store[domain.Line] {
		store, err := mongostore.New(testkit.Context(t), testkit.Mongo(t))
		if err != nil {
			t.Fatal(err)
		}
		return store
	})
}

func TestLeaderboardStores_HotQueriesUseIndexes(t *testing.T) {
	db := testkit.Mongo(t)
	if _, err := mongostore.New(testkit.Context(t), db); err != nil {
		t.Fatal(err)
	}
	var steps []bson.D
	for i := range 500 {
		key := domain.ScoreKey("p1", fmt.Sprint("u", i))
		steps = append(steps, bson.D{{Key: "_id", Value: key + "#000000000001"}, {Key: "k", Value: key}, {Key: "c", Value: "score/p1/r"}})
	}
	scores := db.Collection(mongostore.Scores)
	if _, err := scores.InsertMany(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
	// The head of a person and the people of a programme are ranges of _id; a replay is found by its command.
	key := domain.ScoreKey("p1", "u7")
	mongoxtest.RequireIndexNamed(t, scores, "_id_", idRange(key+"#", key+"$"), bson.E{Key: "_id", Value: -1})
	mongoxtest.RequireIndexNamed(t, scores, "_id_", idRange(domain.ScorePrefix("p1"), domain.AfterProgram("p1")), bson.E{Key: "_id", Value: 1})
	mongoxtest.RequireIndexNamed(t, scores, mongochain.CommandIndex, bson.D{{Key: "k", Value: key}, {Key: "c", Value: "score/p1/r"}})
}

func idRange(from, to string) bson.D {
	return bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: from}, {Key: "$lt", Value: to}}}}
}
