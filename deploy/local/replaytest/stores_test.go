package replaytest

import (
	"context"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/deploy/local/internal/suite"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/testkit"
)

// kept are the databases of one replay on real stores; they are dropped at the end of the test.
type kept struct {
	t      *testing.T
	prefix string
	client *mongo.Client
}

func keep(t *testing.T) kept {
	t.Helper()
	database := testkit.Mongo(t)
	testkit.RealRedis(t)
	k := kept{t: t, prefix: database.Name(), client: database.Client()}
	t.Cleanup(func() {
		for _, name := range suite.Names {
			if err := k.client.Database(k.prefix + "_" + name).Drop(context.WithoutCancel(t.Context())); err != nil {
				t.Errorf("drop the database of %s: %v", name, err)
			}
		}
	})
	return k
}

func (k kept) args(file string, more ...string) []string {
	return append([]string{"--file", file, "--database-prefix", k.prefix}, more...)
}

// await returns once at least n referrals are stored, while the replay runs.
func (k kept) await(p *process, n int64) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), 3*time.Minute)
	defer cancel()
	for {
		p.running()
		count, err := k.client.Database(k.prefix+"_referral").Collection("referrals").CountDocuments(ctx, bson.D{})
		if err == nil && count >= n {
			return
		}
		if waitErr := clock.Wait(ctx, clock.System(), 20*time.Millisecond); waitErr != nil {
			k.t.Fatalf("only %d referrals are stored, %d were awaited: %v, %v\n%s", count, n, err, waitErr, p.stderr.String())
		}
	}
}

func TestReplayStores_KilledInTheMiddleAndStartedAgain(t *testing.T) {
	k := keep(t)
	file, list := invitations(t, 1000)
	for _, share := range []int64{10, 3, 2} {
		p := start(t, true, k.args(file, "--shuffle-events")...)
		k.await(p, int64(len(list))/share)
		p.kill()
	}
	check(t, start(t, true, k.args(file, "--shuffle-events", "--duplicate", "0.1")...).report(), list)
}

func TestReplayStores_DatabaseCrashesWhileItGoesOn(t *testing.T) {
	k := keep(t)
	file, list := invitations(t, 1000)
	p := start(t, true, k.args(file, "--duplicate", "0.1")...)
	for _, share := range []int64{4, 2} {
		k.await(p, int64(len(list))/share)
		if !testkit.CrashMongo(t) {
			t.Skip("MONGODB_URI was not started by make stores, so it cannot be crashed from here")
		}
	}
	r := p.report()
	check(t, r, list)
	if r.RepeatedRequests == 0 {
		t.Error("no request had to be repeated: the crash was not felt, so nothing was shown")
	}
}
