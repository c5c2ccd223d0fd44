package testkit

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/mongox"
)

// Mongo returns an empty database of the store at MONGODB_URI, private to the test and dropped at its end.
func Mongo(t testing.TB) *mongo.Database {
	t.Helper()
	return MongoWith(t, mongox.Deps{})
}

// MongoWith is Mongo with a client that reports to deps.
func MongoWith(t testing.TB, deps mongox.Deps) *mongo.Database {
	t.Helper()
	client, err := mongox.Connect(t.Context(), mongox.Config{URI: MongoURI(t), AppName: "test"}, deps)
	if err != nil {
		t.Fatalf("connect to the document store: %v", err)
	}
	db := client.Database(DatabaseName())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := db.Drop(ctx); err != nil {
			t.Errorf("drop database %s: %v", db.Name(), err)
		}
		if err := mongox.Close(ctx, client); err != nil {
			t.Error(err)
		}
	})
	return db
}

// MongoURI returns the address of the store, for tests that start processes or clients of their own.
func MongoURI(t testing.TB) string {
	t.Helper()
	uri := os.Getenv("MONGODB_URI")
	if uri == "" {
		noStore(t, "MONGODB_URI")
	}
	return uri
}

// DatabaseName returns a name no other test has: short, since some engines bound the length of names.
func DatabaseName() string { return "t_" + strings.ToLower(rand.Text()[:12]) }
