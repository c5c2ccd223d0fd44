package setup

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/testkit"
)

// fakeNode is a node that becomes primary some questions after it was initiated.
type fakeNode struct {
	state     hello
	election  int
	initiated []string
	refuse    error
}

func (n *fakeNode) Hello(context.Context) (hello, error) {
	if n.state.SetName != "" && n.election > 0 {
		n.election--
		n.state.Primary = n.election == 0
	}
	return n.state, nil
}

func (n *fakeNode) Initiate(_ context.Context, set, host string) error {
	n.initiated = append(n.initiated, set+" "+host)
	if n.refuse == nil {
		n.state.SetName, n.state.Waiting = set, false
	}
	return n.refuse
}

// settle runs the whole wait on a fake clock.
func settle(t *testing.T, n *fakeNode, ticks int) error {
	t.Helper()
	fake := clock.NewFake(time.Unix(0, 0))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- until(ctx, fake, func(ctx context.Context) error {
			return ensurePrimary(ctx, n, address{set: "rs0", host: "mongodb:27017"})
		})
	}()
	for range ticks {
		fake.BlockUntil(1)
		fake.Advance(poll)
	}
	return <-ended
}

func TestNewNodeIsInitiatedOnceAndWaitedFor(t *testing.T) {
	n := &fakeNode{state: hello{Waiting: true}, election: 3}
	if err := settle(t, n, 3); err != nil {
		t.Fatal(err)
	}
	if len(n.initiated) != 1 || n.initiated[0] != "rs0 mongodb:27017" {
		t.Errorf("initiated %q", n.initiated)
	}
}

func TestRefusedInitiationIsTriedAgain(t *testing.T) {
	n := &fakeNode{state: hello{Waiting: true}, election: 1, refuse: errors.New("already initialized")}
	fake := clock.NewFake(time.Unix(0, 0))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- until(ctx, fake, func(ctx context.Context) error { return ensurePrimary(ctx, n, address{set: "rs0"}) })
	}()
	fake.BlockUntil(1)
	fake.Advance(poll)
	fake.BlockUntil(1)
	stop()
	err := <-ended
	if len(n.initiated) != 2 || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "already initialized") {
		t.Errorf("%d attempts, %v", len(n.initiated), err)
	}
}

func TestNodesThatNeedNothingAreLeftAlone(t *testing.T) {
	for name, state := range map[string]hello{
		"already a primary": {SetName: "rs0", Primary: true},
		"no replica sets":   {Primary: true},
		"a router":          {},
	} {
		n := &fakeNode{state: state}
		if err := settle(t, n, 0); err != nil || len(n.initiated) != 0 {
			t.Errorf("%s: initiated %q, %v", name, n.initiated, err)
		}
	}
}

func TestNodeOfAnotherSetIsRefusedAtOnce(t *testing.T) {
	n := &fakeNode{state: hello{SetName: "other", Primary: true}}
	if err := settle(t, n, 0); err == nil || !strings.Contains(err.Error(), "belongs to replica set other") {
		t.Errorf("got %v", err)
	}
}

func TestAddressIsTakenApart(t *testing.T) {
	for uri, want := range map[string]address{
		"mongodb://mongodb:27017/?replicaSet=rs0": {
			direct: "mongodb://mongodb:27017/?directConnection=true", host: "mongodb:27017", set: "rs0"},
		"mongodb://mongodb": {
			direct: "mongodb://mongodb/?directConnection=true", host: "mongodb:27017", set: "rs0"},
		"mongodb://app:p%40ss@one/admin?replicaSet=main&w=1": {
			direct: "mongodb://app:p%40ss@one/admin?directConnection=true&w=1", host: "one:27017", set: "main"},
		"mongodb://[::1]:27018/?directConnection=false": {
			direct: "mongodb://[::1]:27018/?directConnection=true", host: "[::1]:27018", set: "rs0"},
		"mongodb://one,two,three/?replicaSet=main": {},
		"mongodb+srv://cluster.example.org/":       {},
	} {
		got, err := parseAddress(uri)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v; want %+v", uri, got, err, want)
		}
	}
}

func TestErrorsOfAddressesKeepThePassword(t *testing.T) {
	for _, uri := range []string{"postgres://app:hunter2@one/", "mongodb://app:hunter2@/", "mongodb://app:hunter2@one/?a=%zz"} {
		if _, err := parseAddress(uri); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v", err)
		}
	}
}

func TestNoStoreIsReady(t *testing.T) {
	if err := ReplicaSet(t.Context(), "", clock.System()); err != nil {
		t.Error(err)
	}
}

func TestReplicaSetStores_ReadyStoreIsLeftAlone(t *testing.T) {
	testkit.Mongo(t) // says what to do when there is no store
	uri := os.Getenv("MONGODB_URI")
	for range 2 {
		if err := ReplicaSet(testkit.Context(t), uri, clock.System()); err != nil {
			t.Fatal(err)
		}
	}
}
