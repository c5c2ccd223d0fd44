package memstore_test

import (
	"testing"

	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
	"github.com/refersuite/refersuite/services/wallet/internal/storetest"
)

func TestReconciliations_Contract(t *testing.T) {
	storetest.RunReconciliations(t, func(testing.TB) app.Reconciliations { return memstore.NewReconciliations() })
}
