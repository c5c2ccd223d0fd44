package memstore_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
	"github.com/refersuite/refersuite/services/wallet/internal/storetest"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

func TestWallet_Contract(t *testing.T) {
	storetest.Run(t, func(testing.TB) chain.Store[domain.Line] { return memstore.New() })
}
