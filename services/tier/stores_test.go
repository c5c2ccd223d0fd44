package tier_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/pkg/testkit"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
	"github.com/refersuite/refersuite/services/tier"
)

func TestTierStores_RestartKeepsTheProgress(t *testing.T) {
	db := testkit.Mongo(t)
	for _, restarted := range []bool{false, true} {
		w, stop := start(t, func(cfg *tier.Config, parts *service.Parts) {
			cfg.Stores.MongoDatabase, parts.Mongo = db.Name(), db.Client()
		})
		client := tierv1.NewTierServiceClient(w.conn)
		_, err := client.PutLadder(w.system(t), ladderRequest())
		must(t, err)
		got, err := client.RecordCompletion(w.system(t), completionRequest(1))
		must(t, err)
		member, err := client.GetMember(w.system(t), &tierv1.GetMemberRequest{ProgramId: "p1", UserId: "ann"})
		must(t, err)
		if got.GetReplayed() != restarted || member.GetCompleted() != 1 {
			t.Fatalf("restarted %v: got %v and %v", restarted, got, member)
		}
		stop()
	}
}
