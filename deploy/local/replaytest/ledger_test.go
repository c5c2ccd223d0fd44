package replaytest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/deploy/local/internal/reconcile"
	"github.com/refersuite/refersuite/deploy/local/internal/suite"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

// verify runs refersuite verify in a process of its own and returns its exit status and report.
func (k kept) verify() (int, reconcile.Report, string) {
	k.t.Helper()
	cmd := exec.CommandContext(k.t.Context(), os.Args[0], "verify", "--json", "--database-prefix", k.prefix)
	cmd.Env = append(os.Environ(), childVariable+"=1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		k.t.Fatal(err)
	}
	var report reconcile.Report
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		k.t.Fatalf("the report is not JSON: %v\n%s\n%s", err, stdout.String(), stderr.String())
	}
	return cmd.ProcessState.ExitCode(), report, stderr.String()
}

// wallet starts the suite on the databases and returns a client of its wallet, until the test ends.
func (k kept) wallet() walletv1.WalletServiceClient {
	k.t.Helper()
	environ := suite.Environ()
	environ["METRICS"] = "false"
	ctx := context.WithoutCancel(k.t.Context())
	started, err := suite.Start(ctx, suite.Options{
		Environ: environ, DatabasePrefix: k.prefix, KeyFile: k.t.TempDir() + "/key.json",
	})
	if err != nil {
		k.t.Fatal(err)
	}
	clients, closeClients, err := started.Clients("test")
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() {
		if err := errors.Join(closeClients(), started.Stop(ctx)); err != nil {
			k.t.Errorf("stop the suite: %v", err)
		}
	})
	return clients.Wallet
}

// accountSum is what the raw postings of one account add up to.
type accountSum struct {
	Key       string `bson:"_id"`
	Held      int64  `bson:"held"`
	Available int64  `bson:"available"`
	Budgets   int64  `bson:"budgets"`
	Postings  int64  `bson:"postings"`
}

// sums adds up the raw documents of all accounts inside the database, by the accounts that postings name and nothing else:
// no code of the wallet is involved.
func sums(t *testing.T, ledger *mongo.Collection) map[string]accountSum {
	t.Helper()
	// part sums the amounts that go to the accounts of a form, less those that come from them.
	part := func(form string) bson.D {
		match := func(field string) bson.D {
			return bson.D{{Key: "$regexMatch", Value: bson.D{
				{Key: "input", Value: bson.D{{Key: "$ifNull", Value: bson.A{"$b.posting." + field, ""}}}}, {Key: "regex", Value: form},
			}}}
		}
		amount := func(field string) bson.D {
			return bson.D{{Key: "$cond", Value: bson.A{match(field), "$b.posting.amount", int64(0)}}}
		}
		return bson.D{{Key: "$sum", Value: bson.D{{Key: "$subtract", Value: bson.A{amount("destination"), amount("source")}}}}}
	}
	cursor, err := ledger.Aggregate(t.Context(), bson.A{
		bson.D{{Key: "$match", Value: bson.D{{Key: "b.posting", Value: bson.D{{Key: "$exists", Value: true}}}}}},
		bson.D{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: "$k"}, {Key: "held", Value: part("^user/[^/]+/held$")},
			{Key: "available", Value: part("^user/[^/]+/available$")}, {Key: "budgets", Value: part("^budget/")},
			{Key: "postings", Value: bson.D{{Key: "$sum", Value: int64(1)}}},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var list []accountSum
	if err := cursor.All(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	byKey := map[string]accountSum{}
	for _, one := range list {
		byKey[one.Key] = one
	}
	return byKey
}

func TestReplayStores_BalancesAreTheSumOfTheRawDocuments(t *testing.T) {
	k := keep(t)
	file, list := invitations(t, 400)
	check(t, start(t, true, k.args(file, "--duplicate", "0.1")...).report(), list)
	k.compare(50)
}

// compare compares what the wallet says with sums over the raw documents, person by person for some of them, and in total.
func (k kept) compare(people int) {
	t, ledger := k.t, k.client.Database(k.prefix+"_wallet").Collection("ledger")
	raw := sums(t, ledger)
	status, read, _ := k.verify()
	wallet := k.wallet()
	told, err := wallet.Reconcile(t.Context(), &walletv1.ReconcileRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var total accountSum
	asked := 0
	for key, sum := range raw {
		total.Held += sum.Held
		total.Available += sum.Available
		total.Budgets += sum.Budgets
		total.Postings += sum.Postings
		if asked < people {
			asked++
			k.compareAccount(wallet, key, sum)
		}
	}
	totals := told.GetCurrencies()[0]
	if len(told.GetCurrencies()) != 1 || totals.GetHeldMinor() != total.Held || totals.GetAvailableMinor() != total.Available ||
		totals.GetBudgetsMinor() != total.Budgets || told.GetPostings() != total.Postings || told.GetAccounts() != int64(len(raw)) {
		t.Errorf("Reconcile says %v, the documents %+v of %d accounts", told, total, len(raw))
	}
	if total.Held+total.Available+total.Budgets != 0 {
		t.Errorf("the documents do not add up to zero: %+v", total)
	}
	if status != 0 || !read.Sound() || read.Postings != total.Postings || read.Totals[0].Digest != totals.GetDigest() {
		t.Errorf("refersuite verify ended with %d and %+v, Reconcile said %v", status, read, told)
	}
	k.breakLedger(ledger)
}

func (k kept) compareAccount(wallet walletv1.WalletServiceClient, key string, sum accountSum) {
	k.t.Helper()
	parts := strings.Split(key, "/")
	balance, err := wallet.GetBalance(k.t.Context(), &walletv1.GetBalanceRequest{UserId: parts[1], Currency: parts[2]})
	if err != nil {
		k.t.Fatal(err)
	}
	if balance.GetHeldMinor() != sum.Held || balance.GetAvailableMinor() != sum.Available || balance.GetPostings() != sum.Postings {
		k.t.Errorf("GetBalance of %s says %v, the documents %+v", key, balance, sum)
	}
	answer, err := wallet.GetStatement(k.t.Context(), &walletv1.GetStatementRequest{UserId: parts[1], Currency: parts[2]})
	if err != nil {
		k.t.Fatal(err)
	}
	statement := answer.GetStatement()
	if closing := statement.GetClosing(); closing.GetHeldMinor() != sum.Held || closing.GetAvailableMinor() != sum.Available ||
		int64(len(statement.GetPostings())) != sum.Postings {
		k.t.Errorf("GetStatement of %s closes with %v after %d postings, the documents say %+v",
			key, closing, len(statement.GetPostings()), sum)
	}
}

// breakLedger removes one budget line and sees it found by the command.
func (k kept) breakLedger(ledger *mongo.Collection) {
	k.t.Helper()
	var line struct {
		ID string `bson:"_id"`
	}
	err := ledger.FindOneAndDelete(k.t.Context(), bson.D{{Key: "b.budget.kind", Value: "SPEND"}}).Decode(&line)
	if err != nil {
		k.t.Fatal(err)
	}
	status, report, stderr := k.verify()
	if status != 1 || report.Sound() || report.FindingCounts["UNMATCHED_COMMAND"] != 1 || report.FindingCounts["BUDGET_DRIFT"] != 1 {
		k.t.Errorf("without %s, refersuite verify ended with %d, %+v and %s", line.ID, status, report, stderr)
	}
}
