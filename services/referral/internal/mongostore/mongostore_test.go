package mongostore_test

import (
	"context"
	"testing"

	"github.com/refersuite/refersuite/pkg/outbox/mongooutbox"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/referral/internal/mongostore"
	"github.com/refersuite/refersuite/services/referral/internal/ottercache"
	"github.com/refersuite/refersuite/services/referral/internal/storetest"
)

func open(t *testing.T) (*mongostore.Stores, storetest.Stores) {
	t.Helper()
	db := testkit.Mongo(t)
	stores, err := mongostore.Open(t.Context(), db, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stores.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return stores, storetest.Stores{Referrals: stores.Referrals, Claims: stores.Claims, Codes: stores.Codes,
		Programs: stores.Programs, Outbox: mongooutbox.New(db.Collection(mongostore.ReferralsCollection))}
}

func TestReferralStores_Contract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Stores {
		_, stores := open(t)
		return stores
	})
}

func TestReferralStores_ContractBehindCaches(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Stores {
		_, s := open(t)
		s.Referrals = ottercache.NewReferrals(s.Referrals, 100)
		s.Claims = ottercache.NewClaims(s.Claims, 100)
		s.Codes = ottercache.NewCodes(s.Codes, 100)
		return s
	})
}
