package memstore_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
	"github.com/refersuite/refersuite/services/wallet/internal/storetest"
)

// budgetStores are in memory.
func budgetStores() storetest.BudgetStores {
	return storetest.BudgetStores{
		Ledger: func(testing.TB) chain.Store[domain.Line] { return memstore.New() },
		Queue:  func(testing.TB) app.Queue { return memstore.NewQueue() },
	}
}

func TestWallet_Budgets(t *testing.T) { storetest.RunBudgets(t, budgetStores()) }

func TestWallet_Queue(t *testing.T) { storetest.RunQueue(t, budgetStores().Queue) }

func TestM6_AnyInterleavingKeepsTheLimits(t *testing.T) {
	storetest.M6AnyInterleavingKeepsTheLimits(t, budgetStores())
}
