package memstore_test

import (
	"testing"

	"github.com/refersuite/refersuite/services/referral/internal/memstore"
	"github.com/refersuite/refersuite/services/referral/internal/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Stores {
		referrals := memstore.NewReferrals()
		return storetest.Stores{Referrals: referrals, Outbox: referrals, Claims: memstore.NewClaims(), Codes: memstore.NewCodes(),
			Programs: memstore.NewPrograms()}
	})
}
