package mongostore_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/mongostore"
	"github.com/refersuite/refersuite/services/wallet/internal/storetest"
)

func openQueue(t testing.TB) app.Queue {
	t.Helper()
	queue, err := mongostore.OpenQueue(t.Context(), testkit.Mongo(t))
	if err != nil {
		t.Fatal(err)
	}
	return queue
}

func TestWalletStores_Budgets(t *testing.T) {
	storetest.RunBudgets(t, storetest.BudgetStores{Ledger: open, Queue: openQueue, Stride: 7})
}
