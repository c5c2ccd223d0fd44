package faults

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/faultpoint"
	"github.com/refersuite/refersuite/pkg/testkit"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

// TestFaultsStores_KilledBetweenEveryPairOfWrites runs the scenario once without a fault to learn the points it reaches, and
// then once for each point, where the process is killed. Started again and sent everything again, the wallet has one
// posting for each command, the acknowledged ones among them.
func TestFaultsStores_KilledBetweenEveryPairOfWrites(t *testing.T) {
	b := build(t)
	log := filepath.Join(t.TempDir(), "points")
	if run(t, b, faultpoint.LogVariable+"="+log) {
		t.Fatal("the process was killed although no fault point was set")
	}
	text, err := os.ReadFile(log)
	must(t, err)
	points := strings.Split(strings.TrimSpace(string(text)), "\n")
	var killed atomic.Int64
	t.Cleanup(func() {
		// Background work may reach points at other times, but every posting is a write of its own.
		if least := int64(2 * len(wantPostings())); killed.Load() < least && !t.Failed() {
			t.Errorf("%d runs of %d were killed, want at least %d", killed.Load(), len(points), least)
		}
	})
	for i, name := range points {
		t.Run(fmt.Sprintf("%02d %s", i+1, name), func(t *testing.T) {
			t.Parallel()
			if run(t, b, fmt.Sprintf("%s=%d", faultpoint.AfterVariable, i+1)) {
				killed.Add(1)
			}
		})
	}
}

// run sends the scenario to a process with a fault point, then again to one without, and checks the ledger. It reports
// whether the first one was killed.
func run(t *testing.T, b binary, environment ...string) (killed bool) {
	t.Helper()
	database := testkit.Mongo(t).Name()
	payouts := t.TempDir()
	first := b.start(t, database, payouts, environment...)
	acknowledged := map[string]*walletv1.Posting{} // by the name of the step
	for _, s := range scenario() {
		posting, err := send(t, b, first, s)
		if status.Code(err) == codes.Unavailable && first.killed(t) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		acknowledged[s.name] = posting
	}
	killed = first.stop(t)

	second := b.start(t, database, payouts)
	for _, s := range scenario() {
		posting, err := send(t, b, second, s)
		if err != nil {
			t.Fatalf("%s after the restart: %v", s.name, err)
		}
		if before := acknowledged[s.name]; before != nil && !proto.Equal(before, posting) {
			t.Errorf("%s was acknowledged as %v and is now %v", s.name, before, posting)
		}
		acknowledged[s.name] = posting
	}
	check(t, b, second, acknowledged)
	checkPayouts(t, payouts)
	if second.stop(t) {
		t.Error("the second process was killed although no fault point was set")
	}
	return killed
}

// send sends one command, again and again while the answer says after which time to do so.
func send(t *testing.T, b binary, p *process, s step) (*walletv1.Posting, error) {
	t.Helper()
	ctx := as(t, b, s.role)
	for {
		posting, err := s.send(ctx, walletv1.NewWalletServiceClient(p.conn))
		delay, again := retryAfter(err)
		if !again {
			return posting, err
		}
		if err := clock.Wait(ctx, clock.System(), delay); err != nil {
			t.Fatalf("%s is put off until the end of the test: %v", s.name, err)
		}
	}
}

// retryAfter returns how long an error that only time cures asks to wait.
func retryAfter(err error) (time.Duration, bool) {
	if status.Code(err) == codes.FailedPrecondition {
		for _, detail := range status.Convert(err).Details() {
			if info, ok := detail.(*errdetails.RetryInfo); ok {
				return info.GetRetryDelay().AsDuration(), true
			}
		}
	}
	return 0, false
}

// as returns a context whose calls carry a token for a role.
func as(t *testing.T, b binary, role string) context.Context {
	t.Helper()
	return metadata.AppendToOutgoingContext(testkit.Context(t), "authorization", "Bearer "+b.token(t, role))
}

// wantPostings returns the command ids of all postings that the scenario leaves, in order.
func wantPostings() []string {
	var ids []string
	for _, s := range scenario() {
		ids = append(ids, s.postings...)
	}
	slices.Sort(ids)
	return ids
}

// checkPayouts makes sure that the payout files tell the bank once to pay.
func checkPayouts(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	must(t, err)
	var lines []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "x1,") {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) != 1 || !strings.Contains(lines[0], "15000") {
		t.Errorf("the payout files %v have %q, want one line for x1", files, lines)
	}
}

// check compares the ledger with what was acknowledged.
func check(t *testing.T, b binary, p *process, acknowledged map[string]*walletv1.Posting) {
	t.Helper()
	client, ctx := walletv1.NewWalletServiceClient(p.conn), as(t, b, access.RoleSystem)
	posted := map[string]*walletv1.Posting{}
	var ids []string
	for user, want := range balances() {
		got, err := client.GetBalance(ctx, &walletv1.GetBalanceRequest{UserId: user, Currency: currency})
		must(t, err)
		if (balance{got.GetHeldMinor(), got.GetAvailableMinor()}) != want {
			t.Errorf("the balance of %s is %v, want %+v", user, got, want)
		}
		page, err := client.ListPostings(ctx, &walletv1.ListPostingsRequest{UserId: user, Currency: currency, PageSize: 500})
		must(t, err)
		for _, posting := range page.GetPostings() {
			posted[posting.GetCommandId()] = posting
			ids = append(ids, posting.GetCommandId())
		}
	}
	if slices.Sort(ids); !slices.Equal(ids, wantPostings()) {
		t.Errorf("the accounts have postings of %v, want %v", ids, wantPostings())
	}
	for name, posting := range acknowledged {
		if posting != nil && !proto.Equal(posting, posted[posting.GetCommandId()]) {
			t.Errorf("%s was acknowledged as %v and posted as %v", name, posting, posted[posting.GetCommandId()])
		}
	}
	state, err := client.Reconcile(ctx, &walletv1.ReconcileRequest{})
	must(t, err)
	if !state.GetVerified() || !state.GetZeroSum() || state.GetPostings() != int64(len(ids)) {
		t.Errorf("reconciliation of %d postings: %v", len(ids), state)
	}
}
