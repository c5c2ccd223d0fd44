package memstore_test

import (
	"testing"

	"github.com/refersuite/refersuite/services/fraud/internal/app"
	"github.com/refersuite/refersuite/services/fraud/internal/memstore"
	"github.com/refersuite/refersuite/services/fraud/internal/storetest"
)

func TestFraudContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) app.Store { return memstore.New() })
}
