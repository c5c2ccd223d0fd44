package memstore_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/tier/internal/memstore"
	"github.com/refersuite/refersuite/services/tier/internal/storetest"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

func TestTier_Contract(t *testing.T) {
	storetest.Run(t, func(testing.TB) storetest.Stores {
		return storetest.Stores{Progress: memstore.NewProgress(), Ladders: memstore.NewLadders()}
	})
}
