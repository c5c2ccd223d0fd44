package mongostore_test

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/mongox/mongoxtest"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/mongostore"
	"github.com/refersuite/refersuite/services/wallet/internal/storetest"
)

func openReconciliations(t testing.TB) app.Reconciliations {
	t.Helper()
	store, err := mongostore.OpenReconciliations(t.Context(), testkit.Mongo(t))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestReconciliationsStores_Contract(t *testing.T) {
	storetest.RunReconciliations(t, openReconciliations)
}

func TestReconciliationsStores_LastResultUsesTheIndex(t *testing.T) {
	db := testkit.Mongo(t)
	if _, err := mongostore.OpenReconciliations(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	var results []bson.D
	for i := range 1000 {
		results = append(results, bson.D{{Key: "_id", Value: fmt.Sprintf("20260102T120000.%03dZ/x", i)}})
	}
	coll := db.Collection(mongostore.ReconciliationResults)
	if _, err := coll.InsertMany(t.Context(), results); err != nil {
		t.Fatal(err)
	}
	mongoxtest.RequireIndexNamed(t, coll, "_id_", mongostore.AllResults(), bson.E{Key: "_id", Value: -1})
}
