package wallet_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"google.golang.org/protobuf/proto"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/pkg/testkit"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/mongostore"
	"github.com/refersuite/refersuite/services/wallet/internal/storetest"
)

// tamper changes documents of a ledger with the driver, as somebody with access to the database can.
func tamper(t *testing.T, ledger *mongo.Collection, store chain.Store[domain.Line]) func(string, int64, func(*chain.Entry[domain.Line]) bool) {
	return func(key string, seq int64, change func(*chain.Entry[domain.Line]) bool) {
		t.Helper()
		ctx, id := t.Context(), bson.D{{Key: "_id", Value: domain.DocumentID(key, seq)}}
		page, err := store.Range(ctx, key, chain.Page{After: seq - 1, Limit: 1})
		must(t, err)
		e := *page[0]
		if !change(&e) {
			deleted, err := ledger.DeleteOne(ctx, id)
			must(t, err)
			if deleted.DeletedCount != 1 {
				t.Fatalf("%v is not there", id)
			}
			return
		}
		var body bytes.Buffer
		encoder := bson.NewEncoder(bson.NewDocumentWriter(&body))
		encoder.UseJSONStructTags()
		must(t, encoder.Encode(e.Body))
		changed, err := ledger.UpdateOne(ctx, id,
			bson.D{{Key: "$set", Value: bson.D{{Key: "h", Value: e.Hash[:]}, {Key: "b", Value: bson.Raw(body.Bytes())}}}})
		must(t, err)
		if changed.ModifiedCount != 1 {
			t.Fatalf("%v is as it was", id)
		}
	}
}

func TestM8_PlantedFaultsStores_AreFoundByServiceAndByDatabase(t *testing.T) {
	storetest.RunPlantedFaults(t, func(t *testing.T) storetest.Ground {
		db := testkit.Mongo(t)
		store, err := mongostore.Open(t.Context(), db)
		must(t, err)
		redemptions, err := mongostore.OpenRedemptions(t.Context(), db)
		must(t, err)
		return storetest.Ground{
			Store: store, Redemptions: redemptions, Tamper: tamper(t, db.Collection(mongostore.Ledger), store),
			Others: map[string]func(testing.TB) []domain.Finding{
				"VerifyDatabase": func(t testing.TB) []domain.Finding {
					later := clock.NewFake(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
					report, err := wallet.VerifyDatabase(t.Context(), db, wallet.VerifyOptions{Clock: later})
					if err != nil {
						t.Fatal(err)
					}
					var found []domain.Finding
					for _, f := range report.GetFindings() {
						found = append(found, domain.Finding{Kind: domain.FindingKind(f.GetKind()), Documents: f.GetDocuments()})
					}
					return found
				},
			},
		}
	})
}

func TestM8_VerifyStores_UnreadableDocumentIsAFinding(t *testing.T) {
	db := testkit.Mongo(t)
	_, err := mongostore.Open(t.Context(), db)
	must(t, err)
	_, err = db.Collection(mongostore.Ledger).InsertMany(t.Context(), []bson.D{
		{{Key: "_id", Value: "user/ann/INR#000000000001"}, {Key: "b", Value: "?"}, {Key: "k", Value: 1}, {Key: "c", Value: 1}},
		{{Key: "_id", Value: "nonsense"}, {Key: "k", Value: 2}, {Key: "c", Value: 2}},
	})
	must(t, err)
	report, err := wallet.VerifyDatabase(t.Context(), db, wallet.VerifyOptions{})
	must(t, err)
	var documents []string
	for _, f := range report.GetFindings() {
		documents = append(documents, f.GetKind()+" "+strings.Join(f.GetDocuments(), " "))
	}
	if want := []string{"HASH_MISMATCH nonsense", "HASH_MISMATCH user/ann/INR#000000000001"}; !slices.Equal(documents, want) || report.GetVerified() {
		t.Fatalf("found %q, want %q", documents, want)
	}
}

// watched is a client of the test's store that notes the names of its commands.
func watched(t *testing.T) (*mongo.Client, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var names []string
	client, err := mongo.Connect(options.Client().ApplyURI(testkit.MongoURI(t)).SetMonitor(&event.CommandMonitor{
		Started: func(_ context.Context, e *event.CommandStartedEvent) {
			mu.Lock()
			defer mu.Unlock()
			names = append(names, e.CommandName)
		},
	}))
	must(t, err)
	t.Cleanup(func() {
		if err := client.Disconnect(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return client, func() []string {
		mu.Lock()
		defer mu.Unlock()
		slices.Sort(names)
		return slices.Compact(slices.Clone(names))
	}
}

func TestM8_VerifyStores_AgreesWithTheServiceAndOnlyReads(t *testing.T) {
	db := testkit.Mongo(t)
	w, stop := start(t, func(cfg *wallet.Config, parts *service.Parts) {
		cfg.Stores.MongoDatabase, parts.Mongo = db.Name(), db.Client()
	})
	defer stop()
	client, ctx := walletv1.NewWalletServiceClient(w.conn), w.system(t)
	for n := range 20 {
		_, err := client.IssueReward(ctx, issueRequest(n))
		must(t, err)
	}
	told, err := client.Reconcile(ctx, &walletv1.ReconcileRequest{})
	must(t, err)
	reader, commands := watched(t)
	read, err := wallet.VerifyDatabase(t.Context(), reader.Database(db.Name()), wallet.VerifyOptions{Clock: w.clock})
	must(t, err)
	if !proto.Equal(read, told) || !read.GetVerified() || read.GetPostings() != 20 {
		t.Fatalf("the database says %v, the service %v", read, told)
	}
	for _, name := range commands() {
		if !slices.Contains([]string{"hello", "ping", "listCollections", "count", "find", "getMore", "killCursors", "endSessions"}, name) {
			t.Errorf("it sent the command %s", name)
		}
	}
	changed := issueRequest(99)
	_, err = client.IssueReward(ctx, changed)
	must(t, err)
	after, err := wallet.VerifyDatabase(t.Context(), reader.Database(db.Name()), wallet.VerifyOptions{})
	must(t, err)
	if after.GetCurrencies()[0].GetDigest() == read.GetCurrencies()[0].GetDigest() {
		t.Fatal("another ledger has the same digest")
	}
	_, err = wallet.VerifyDatabase(t.Context(), reader.Database(db.Name()+"_other"), wallet.VerifyOptions{})
	if err == nil || !strings.Contains(err.Error(), "ledger") {
		t.Fatalf("a database without ledger is whole: %v", err)
	}
}
