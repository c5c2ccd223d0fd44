package wallet_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/pkg/testkit"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet"
)

func TestWalletStores_RestartKeepsTheLedger(t *testing.T) {
	db := testkit.Mongo(t)
	for _, restarted := range []bool{false, true} {
		w, stop := start(t, func(cfg *wallet.Config, parts *service.Parts) {
			cfg.Stores.MongoDatabase, parts.Mongo = db.Name(), db.Client()
		})
		client := walletv1.NewWalletServiceClient(w.conn)
		got, err := client.IssueReward(w.system(t), issueRequest(1))
		must(t, err)
		state, err := client.Reconcile(w.system(t), &walletv1.ReconcileRequest{})
		must(t, err)
		if got.GetReplayed() != restarted || state.GetPostings() != 1 || !state.GetVerified() {
			t.Fatalf("restarted %v: got %v and %v", restarted, got, state)
		}
		stop()
	}
}
