package mongostore_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/mongostore"
	"github.com/refersuite/refersuite/services/wallet/internal/storetest"
)

func open(t testing.TB) chain.Store[domain.Line] {
	t.Helper()
	store, err := mongostore.Open(t.Context(), testkit.Mongo(t))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestWalletStores_Contract(t *testing.T) { storetest.Run(t, open) }
