package mongostore_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/tier/internal/mongostore"
	"github.com/refersuite/refersuite/services/tier/internal/storetest"
)

func open(t testing.TB) storetest.Stores {
	t.Helper()
	db := testkit.Mongo(t)
	progress, err := mongostore.OpenProgress(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	ladders, err := mongostore.OpenLadders(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return storetest.Stores{Progress: progress, Ladders: ladders}
}

func TestTierStores_Contract(t *testing.T) { storetest.Run(t, open) }
