package faults

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/pkg/testkit/mongoproxy"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

// loadCallers is how many callers send commands while the network and the database fail.
const loadCallers = 12

// TestFaultsStores_EveryCommandOnceThroughEveryFault keeps callers busy while connections are cut, answers are late or lost
// after the write, the primary steps down and the database crashes. Every caller sends a command until it is acknowledged.
// Then each command has one posting, and each acknowledged one is what was acknowledged.
func TestFaultsStores_EveryCommandOnceThroughEveryFault(t *testing.T) {
	b := build(t)
	database := testkit.Mongo(t).Name()
	proxy := mongoproxy.Start(t, b.mongoURI)
	b.mongoURI = proxy.URI()
	l := &load{stop: make(chan struct{}), acknowledged: map[string]*walletv1.Posting{}, users: map[string]bool{}}
	p := b.start(t, database, t.TempDir())
	ctx, client := as(t, b, access.RoleSystem), walletv1.NewWalletServiceClient(p.conn)
	for caller := range loadCallers {
		l.running.Go(func() { l.call(ctx, t, client, caller) })
	}
	for _, fault := range []mongoproxy.Fault{
		mongoproxy.CutBefore(), mongoproxy.CutAfter(), mongoproxy.DropReply(), mongoproxy.Hold(),
		mongoproxy.Delay(clock.System(), 200*time.Millisecond), mongoproxy.NotWritablePrimary(), mongoproxy.NotWritablePrimaryAfter(),
	} {
		for range 2 {
			rule := proxy.Add(mongoproxy.Writes("ledger"), fault, 1)
			if err := rule.Wait(ctx, 1); err != nil {
				t.Fatalf("%s: %v", fault, err)
			}
			rule.Release()
		}
		l.recovered(ctx, t)
	}
	proxy.CutAll()
	l.recovered(ctx, t)
	if !testkit.CrashMongo(t) {
		t.Log("MONGODB_URI was not started by make stores: everything is tested but a crash of the database")
	}
	l.recovered(ctx, t)
	close(l.stop)
	l.running.Wait()
	l.check(ctx, t, client)
	if p.stop(t) {
		t.Error("the process was killed although no fault point was set")
	}
}

// load is what the callers were told.
type load struct {
	running sync.WaitGroup
	stop    chan struct{}

	mu           sync.Mutex
	acknowledged map[string]*walletv1.Posting
	users        map[string]bool
	repeated     int
}

// call sends the commands of one caller until it is told to stop: rewards of few people, each second one taken back.
func (l *load) call(ctx context.Context, t *testing.T, client walletv1.WalletServiceClient, caller int) {
	user := fmt.Sprint("user", caller%4)
	for n := 0; ; n++ {
		select {
		case <-l.stop:
			return
		default:
		}
		referral := fmt.Sprintf("r%d-%d", caller, n)
		steps := []step{issue(referral, user, 100, time.Hour)}
		if n%2 == 1 {
			steps = append(steps, reverse(referral, user))
		}
		for _, s := range steps {
			if !l.send(ctx, t, client, user, s) {
				return
			}
		}
	}
}

// send sends a command until it is acknowledged.
func (l *load) send(ctx context.Context, t *testing.T, client walletv1.WalletServiceClient, user string, s step) bool {
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		posting, err := s.send(attempt, client)
		cancel()
		l.mu.Lock()
		l.users[user] = true
		if err == nil {
			l.acknowledged[s.name] = posting
			l.mu.Unlock()
			return true
		}
		l.repeated++
		l.mu.Unlock()
		if code := status.Code(err); code != codes.Unavailable && code != codes.DeadlineExceeded && code != codes.Aborted {
			t.Errorf("%s: %v", s.name, err)
			return false
		}
		if clock.Wait(ctx, clock.System(), 10*time.Millisecond) != nil {
			return false
		}
	}
}

// recovered waits until commands are acknowledged again.
func (l *load) recovered(ctx context.Context, t *testing.T) {
	t.Helper()
	for want := l.count() + loadCallers; l.count() < want; {
		if t.Failed() || clock.Wait(ctx, clock.System(), 5*time.Millisecond) != nil {
			t.Fatal("the callers do not recover")
		}
	}
}

func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acknowledged)
}

// check compares the ledger with what was acknowledged.
func (l *load) check(ctx context.Context, t *testing.T, client walletv1.WalletServiceClient) {
	t.Helper()
	t.Logf("%d commands acknowledged, %d attempts were repeated", len(l.acknowledged), l.repeated)
	if l.repeated == 0 {
		t.Error("no command had to be repeated: the faults did not reach the callers")
	}
	var postings int
	for user := range l.users {
		request := &walletv1.ListPostingsRequest{UserId: user, Currency: currency, PageSize: 500}
		for {
			page, err := client.ListPostings(ctx, request)
			must(t, err)
			for _, posting := range page.GetPostings() {
				postings++
				if !proto.Equal(posting, l.acknowledged[posting.GetCommandId()]) {
					t.Errorf("%s was acknowledged as %v and posted as %v", posting.GetCommandId(), l.acknowledged[posting.GetCommandId()], posting)
				}
			}
			if request.PageToken = page.GetNextPageToken(); request.GetPageToken() == "" {
				break
			}
		}
	}
	if postings != len(l.acknowledged) {
		t.Errorf("%d postings, want one for each of %d commands", postings, len(l.acknowledged))
	}
	state, err := client.Reconcile(ctx, &walletv1.ReconcileRequest{})
	must(t, err)
	if !state.GetVerified() || !state.GetZeroSum() || state.GetPostings() != int64(postings) {
		t.Errorf("reconciliation of %d postings: %v", postings, state)
	}
}
