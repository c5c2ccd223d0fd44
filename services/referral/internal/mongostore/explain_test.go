package mongostore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/mongox/mongoxtest"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
	"github.com/refersuite/refersuite/services/referral/internal/mongostore"
)

// TestReferralStores_QueriesOfHotPathsUseAnIndex asks the engine for its plans, with enough documents to make a scan dear.
func TestReferralStores_QueriesOfHotPathsUseAnIndex(t *testing.T) {
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
	now := time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)
	fill(t, stores, now)

	referrals := db.Collection(mongostore.ReferralsCollection)
	byTime := []bson.E{{Key: "created_at", Value: -1}, {Key: "_id", Value: -1}}
	query := app.ListQuery{ProgramID: "p", ReferrerID: "referrer3"}
	after := app.Cursor{CreatedAt: now, ID: "r5"}
	for _, query.Status = range domain.Lifecycle() {
		mongoxtest.RequireIndexNamed(t, referrals, "by_referrer_and_status", mongostore.ListFilter(query, app.Cursor{}), byTime...)
		mongoxtest.RequireIndexNamed(t, referrals, "by_referrer_and_status", mongostore.ListFilter(query, after), byTime...)
	}
	mongoxtest.RequireIndexNamed(t, referrals, "by_referrer_and_status", mongostore.CountFilter("p", "referrer3"))
	mongoxtest.RequireIndex(t, referrals, bson.D{{Key: "_id", Value: "r7"}})
	mongoxtest.RequireIndex(t, referrals, mongostore.SweepFilter(now), bson.E{Key: "sweep_at", Value: 1})
	mongoxtest.RequireIndex(t, db.Collection(mongostore.ClaimsCollection), mongostore.ReferredFilter("p", "referrer3"))
	mongoxtest.RequireIndex(t, db.Collection(mongostore.ClaimsCollection), bson.D{{Key: "_id", Value: "referee/p/x"}})
	mongoxtest.RequireIndex(t, db.Collection(mongostore.CodesCollection), mongostore.OwnerFilter("referrer3", now))
}

func fill(t *testing.T, stores *mongostore.Stores, now time.Time) {
	t.Helper()
	edition := domain.Edition{ProgramID: "p", Version: 1, Terms: domain.DefaultTerms()}
	for i := range 300 {
		referrer := fmt.Sprint("referrer", i%30)
		claim := domain.Claim{ProgramID: "p", RefereeID: fmt.Sprint("referee", i), ReferrerID: referrer, ReferralID: fmt.Sprint("r", i),
			CreatedAt: now.Add(time.Duration(i) * time.Second)}
		r, _ := domain.Create(claim, "", edition, domain.Cleared, domain.Facts{})
		a := &app.Aggregate{Referral: r, Version: 1, SweepAt: r.SweepAt(edition.Terms)}
		a.Outbox.Add(outbox.Message{ID: "m", Kind: "k", CreatedAt: now})
		_, claimErr := stores.Claims.Put(t.Context(), claim)
		key := fmt.Sprint("C", i)
		for _, err := range []error{claimErr, stores.Referrals.Insert(t.Context(), a),
			stores.Codes.Put(t.Context(), domain.Code{Key: key, Text: key, ProgramID: "p", OwnerID: referrer, CreatedAt: claim.CreatedAt})} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
