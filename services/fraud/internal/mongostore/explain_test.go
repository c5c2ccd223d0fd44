package mongostore

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/mongox/mongoxtest"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/fraud/internal/app"
	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

func TestFraudStores_HotQueriesUseIndexes(t *testing.T) {
	ctx := testkit.Context(t)
	store, err := New(ctx, testkit.Mongo(t), mongox.BatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	}()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var assessments []assessmentDoc
	var sightings []sightingDoc
	facts := func(i int) domain.Facts {
		return domain.Facts{
			ReferralID: fmt.Sprint("r", i), ProgramID: fmt.Sprint("p", i%10), ReferrerID: fmt.Sprint("u", i%300),
			RefereeID: fmt.Sprint("n", i), Code: "C", OccurredAt: noon.Add(time.Duration(i) * time.Second), KeyID: "k",
			Device: domain.Fingerprint(fmt.Sprint("d", i%400)), Address: domain.Fingerprint(fmt.Sprint("a", i%200)),
		}
	}
	bands := []domain.Band{domain.BandAllow, domain.BandAllow, domain.BandAllow, domain.BandReview, domain.BandBlock}
	for i := range 3000 {
		f := facts(i)
		assessments = append(assessments, assessmentToDoc(domain.Assessment{Facts: f, Band: bands[i%5], AssessedAt: f.OccurredAt}))
		sightings = append(sightings, sightingToDoc(f.Sighting()))
	}
	if _, err := store.assessments.InsertMany(ctx, assessments); err != nil {
		t.Fatal(err)
	}
	if _, err := store.sightings.InsertMany(ctx, sightings); err != nil {
		t.Fatal(err)
	}
	f := facts(7)
	newest := bson.E{Key: "occurred_at", Value: -1}
	mongoxtest.RequireIndexNamed(t, store.assessments, "_id_", byID("r7"))
	mongoxtest.RequireIndexNamed(t, store.assessments, "referrer_velocity", referrerFilter(f), newest)
	mongoxtest.RequireIndexNamed(t, store.sightings, "device_people", deviceFilter(f), newest)
	mongoxtest.RequireIndexNamed(t, store.sightings, "address_people", addressFilter(f), newest)
	latest := []bson.E{{Key: "assessed_at", Value: -1}, {Key: "_id", Value: -1}}
	mongoxtest.RequireIndex(t, store.assessments, listFilter(app.Query{ProgramID: "p7"}), latest...)
	mongoxtest.RequireIndex(t, store.assessments, listFilter(app.Query{ProgramID: "p7", Band: domain.BandReview}), latest...)
	after := app.Query{ProgramID: "p7", After: app.Position{AssessedAt: noon.UnixMilli(), ReferralID: "r7"}}
	mongoxtest.RequireIndex(t, store.assessments, listFilter(after), latest...)
}
