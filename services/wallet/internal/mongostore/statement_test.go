package mongostore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/mongostore"
)

// rawSum adds up in the database what documents say they moved to an account, less what they moved from it. It knows
// nothing of balances, kinds or chains.
func rawSum(t *testing.T, db *mongo.Database, account string, from, to time.Time) int64 {
	t.Helper()
	amount := func(field string) bson.D {
		return bson.D{{Key: "$cond", Value: bson.A{
			bson.D{{Key: "$eq", Value: bson.A{"$b.posting." + field, account}}}, "$b.posting.amount", 0,
		}}}
	}
	cursor, err := db.Collection(mongostore.Ledger).Aggregate(t.Context(), mongo.Pipeline{
		{{Key: "$match", Value: bson.D{
			{Key: "b.posting.currency", Value: "INR"}, {Key: "t", Value: bson.D{{Key: "$gte", Value: from}, {Key: "$lt", Value: to}}},
		}}},
		{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: nil},
			{Key: "in", Value: bson.D{{Key: "$sum", Value: amount("destination")}}},
			{Key: "out", Value: bson.D{{Key: "$sum", Value: amount("source")}}},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var sums []struct{ In, Out int64 }
	if err := cursor.All(t.Context(), &sums); err != nil {
		t.Fatal(err)
	}
	if len(sums) == 0 {
		return 0
	}
	return sums[0].In - sums[0].Out
}

// TestWalletStores_M3_StatementAgreesWithTheRawDocuments gives two people hundreds of postings and compares their balances
// and statements with sums that the database makes of the documents.
func TestWalletStores_M3_StatementAgreesWithTheRawDocuments(t *testing.T) {
	db := testkit.Mongo(t)
	store, err := mongostore.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	fake := clock.NewFake(time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC))
	begin := fake.Now()
	log := chain.New(store, chain.Options{Clock: fake, Name: "wallet.test"})
	defer func() {
		if err := log.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	ledger := app.NewLedger(log, fake)
	for n := range 60 {
		live(t, ledger, fake, n)
	}
	for _, user := range []string{"ann", "bob"} {
		account, err := ledger.Balance(t.Context(), user, "INR")
		if err != nil {
			t.Fatal(err)
		}
		wantRaw(t, db, user, account.Balances, begin, fake.Now().Add(time.Millisecond))
		for hours := 1; hours < 90; hours += 11 {
			to := begin.Add(time.Duration(hours) * time.Hour)
			s, err := ledger.Statement(t.Context(), user, "INR", begin.Add(30*time.Minute), to)
			if err != nil {
				t.Fatal(err)
			}
			wantRaw(t, db, user, s.Opening, begin, begin.Add(30*time.Minute))
			wantRaw(t, db, user, s.Closing, begin, to)
			if got, want := s.Credited-s.Debited, change(t, s); got != want {
				t.Fatalf("%s: %d in less %d out, the balances differ by %d", user, s.Credited, s.Debited, want)
			}
		}
	}
}

// live lets an hour pass in which somebody earns, loses or gets something.
func live(t *testing.T, ledger *app.Ledger, fake *clock.Fake, n int) {
	t.Helper()
	r := domain.Reward{
		ID: fmt.Sprintf("reward/p1/r%d/completed/REFERRER", n), ProgramID: "p1", ReferralID: fmt.Sprintf("r%d", n),
		Beneficiary: []string{"ann", "bob"}[n%2], Side: domain.SideReferrer, Kind: domain.KindReferral, Amount: int64(1000 + n),
		Currency: "INR", Hold: time.Duration(n%3) * time.Hour,
	}
	settlement := domain.Settlement{ID: domain.ReleaseID(r.ID), RewardID: r.ID, Beneficiary: r.Beneficiary, Currency: r.Currency}
	must := func(_ app.Posted, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(ledger.Issue(t.Context(), r))
	fake.Advance(2 * time.Hour)
	if n%4 == 1 {
		must(ledger.Release(t.Context(), settlement))
	}
	if n%5 == 0 {
		settlement.ID, settlement.Reason = domain.ReverseID(r.ID), "REFUND"
		must(ledger.Reverse(t.Context(), settlement))
	}
	if n%7 == 0 {
		must(ledger.Adjust(t.Context(), domain.Adjustment{
			ID: fmt.Sprintf("adjust/%d", n), User: r.Beneficiary, Currency: "INR", Amount: int64(n%14)*40 - 250, Reason: "test", AllowNegative: true,
		}))
	}
}

// wantRaw fails unless the parts of an account are what the documents of a time moved there.
func wantRaw(t *testing.T, db *mongo.Database, user string, b domain.Balances, from, to time.Time) {
	t.Helper()
	for account, balance := range map[string]int64{
		domain.HeldAccount(user): b.Held, domain.AvailableAccount(user): b.Available, domain.PendingAccount(user): b.Pending,
	} {
		if sum := rawSum(t, db, account, from, to); sum != balance {
			t.Fatalf("until %s the documents moved %d to %s, the balance is %d", to, sum, account, balance)
		}
	}
}

// change returns by how much the totals of a statement differ.
func change(t *testing.T, s app.Statement) int64 {
	t.Helper()
	opening, err := s.Opening.Total()
	if err != nil {
		t.Fatal(err)
	}
	closing, err := s.Closing.Total()
	if err != nil {
		t.Fatal(err)
	}
	return closing - opening
}
