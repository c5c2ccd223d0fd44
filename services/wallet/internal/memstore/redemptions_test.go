package memstore_test

import (
	"testing"

	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
	"github.com/refersuite/refersuite/services/wallet/internal/storetest"
)

func TestRedemptions_Contract(t *testing.T) {
	storetest.RunRedemptionStore(t, func(testing.TB) storetest.RedemptionStore { return memstore.NewRedemptions() })
}

func TestRedemptions_Rules(t *testing.T) { storetest.RunRedemptions(t, openAll) }

func openAll(testing.TB) storetest.RedemptionStores {
	return storetest.RedemptionStores{Ledger: memstore.New(), Redemptions: memstore.NewRedemptions()}
}

func TestM3_AnyInterleavingKeepsTheMoneyRight(t *testing.T) {
	storetest.M3AnyInterleavingKeepsTheMoneyRight(t, openAll)
}

func TestM7_AnyInterleavingPaysOnce(t *testing.T) { storetest.M7AnyInterleavingPaysOnce(t, openAll) }
