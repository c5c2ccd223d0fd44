package mongoxtest_test

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/mongox/mongoxtest"
	"github.com/refersuite/refersuite/pkg/testkit"
)

// recorder is a test that may fail without failing the real one.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Errorf(string, ...any) { r.failed = true }

func TestRequireIndexStores_TellsIndexFromScan(t *testing.T) {
	coll := testkit.Mongo(t).Collection("c")
	index := mongo.IndexModel{Keys: bson.D{{Key: "owner", Value: 1}, {Key: "at", Value: 1}}, Options: options.Index().SetName("by_owner")}
	if err := mongox.EnsureIndexes(t.Context(), coll, index); err != nil {
		t.Fatal(err)
	}
	docs := make([]bson.M, 500)
	for i := range docs {
		docs[i] = bson.M{"_id": fmt.Sprintf("d%03d", i), "owner": fmt.Sprintf("o%d", i%50), "at": i, "other": i}
	}
	if _, err := coll.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	mongoxtest.RequireIndexNamed(t, coll, "by_owner", bson.M{"owner": "o7"})
	mongoxtest.RequireIndexNamed(t, coll, "_id_", bson.M{"_id": "d007"})
	mongoxtest.RequireIndex(t, coll, bson.D{{Key: "_id", Value: bson.M{"$gte": "d1", "$lt": "d2"}}}, bson.E{Key: "_id", Value: -1})
	scan := &recorder{TB: t}
	mongoxtest.RequireIndex(scan, coll, bson.M{"other": 7})
	if !scan.failed {
		t.Error("a query without index passed")
	}
}
