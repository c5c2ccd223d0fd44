package wallet_test

import (
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/pkg/testkit"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet"
)

// TestRedemptionStores_RestartSubmitsWhatWasRequested stops the service while a redemption can still be cancelled; the next
// process submits it.
func TestRedemptionStores_RestartSubmitsWhatWasRequested(t *testing.T) {
	db, dir := testkit.Mongo(t), t.TempDir()
	for _, restarted := range []bool{false, true} {
		w, stop := start(t, func(cfg *wallet.Config, parts *service.Parts) {
			cfg.Stores.MongoDatabase, parts.Mongo = db.Name(), db.Client()
			cfg.Redemption.Dir, cfg.Redemption.CancelWindow = dir, time.Hour
		})
		client := walletv1.NewWalletServiceClient(w.conn)
		request := issueRequest(1)
		request.HoldPeriod, request.AmountMinor = nil, 30000
		_, err := client.IssueReward(w.system(t), request)
		must(t, err)
		got, err := client.RequestRedemption(w.system(t), redeem("x1", 20000))
		must(t, err)
		if got.GetReplayed() != restarted || got.GetRedemption().GetStatus() != walletv1.RedemptionStatus_REDEMPTION_STATUS_REQUESTED {
			t.Fatalf("got %v", got)
		}
		if restarted {
			w.clock.Advance(time.Hour)
			if x := w.waitFor(t, "x1", walletv1.RedemptionStatus_REDEMPTION_STATUS_SUBMITTED); x.GetAttempts() != 1 {
				t.Errorf("got %v", x)
			}
		}
		stop()
	}
}
