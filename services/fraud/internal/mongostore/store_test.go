package mongostore_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/fraud/internal/app"
	"github.com/refersuite/refersuite/services/fraud/internal/mongostore"
	"github.com/refersuite/refersuite/services/fraud/internal/storetest"
)

func TestFraudStores_Contract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) app.Store {
		store, err := mongostore.New(testkit.Context(t), testkit.Mongo(t))
		if err != nil {
			t.Fatal(err)
		}
		return store
	})
}
