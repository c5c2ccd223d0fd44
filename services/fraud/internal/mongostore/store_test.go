package mongostore_test

import (
	"context"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/fraud/internal/app"
	"github.com/refersuite/refersuite/services/fraud/internal/mongostore"
	"github.com/refersuite/refersuite/services/fraud/internal/storetest"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

func open(t *testing.T, db *mongo.Database) *mongostore.Store {
	t.Helper()
	store, err := mongostore.New(testkit.Context(t), db, mongox.BatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return store
}

func TestFraudStores_Contract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) app.Store { return open(t, testkit.Mongo(t)) })
}
