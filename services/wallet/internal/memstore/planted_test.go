package memstore_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/chain/memchain"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
	"github.com/refersuite/refersuite/services/wallet/internal/storetest"
)

func TestM8_PlantedFaultsAreFound(t *testing.T) {
	storetest.RunPlantedFaults(t, func(*testing.T) storetest.Ground {
		store := memchain.New[domain.Line]()
		return storetest.Ground{Store: store, Redemptions: memstore.NewRedemptions(), Tamper: store.Tamper}
	})
}
