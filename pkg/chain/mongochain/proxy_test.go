package mongochain_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/chaintest"
	"github.com/refersuite/refersuite/pkg/chain/mongochain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/pkg/testkit/mongoproxy"
)

// attemptTime is how long a batch of the tests tries before its callers get an unknown outcome.
const attemptTime = 250 * time.Millisecond

// TestProxyStores_EveryCommandOnceThroughEveryFault lets 20 writers of two processes append to a few chains while each
// fault is fired, first in quick succession, then letting both processes recover from each. Callers send a command until
// it is acknowledged.
func TestProxyStores_EveryCommandOnceThroughEveryFault(t *testing.T) {
	direct := collection(t, testkit.Mongo(t), "chain")
	proxy := mongoproxy.Start(t, testkit.MongoURI(t))
	w := writers{acknowledged: map[string]chain.Entry[chaintest.Body]{}, stop: make(chan struct{})}
	logs := []*chain.Log[chaintest.Body]{openLog(t, behind(t, proxy, direct)), openLog(t, behind(t, proxy, direct))}
	for n := range 20 {
		w.running.Go(func() { w.write(t, logs[n%2], n) })
	}
	fireAll(t, proxy, func(string) {})
	fireAll(t, proxy, func(fault string) {
		for i, log := range logs {
			w.send(t, log, increment("shared", fmt.Sprintf("%s/%d", fault, i)))
		}
	})
	close(w.stop)
	w.running.Wait()
	t.Logf("%d commands acknowledged, %d answers were unknown outcomes", len(w.acknowledged), w.unknown)
	if w.unknown == 0 {
		t.Error("no caller ever had an unknown outcome: the faults did not reach them")
	}
	w.verify(t, direct)
}

// fireAll fires each fault once at a write and some also at a read, by which a log finds out what happened, waits until
// they hit, and lets the writers recover.
func fireAll(t *testing.T, proxy *mongoproxy.Proxy, recovered func(fault string)) {
	t.Helper()
	ctx, writes, reads := testkit.Context(t), mongoproxy.Writes("chain"), mongoproxy.Reads("chain")
	for _, c := range []struct {
		fault   mongoproxy.Fault
		matches []mongoproxy.Match
	}{
		{mongoproxy.CutBefore(), []mongoproxy.Match{writes, reads}},
		{mongoproxy.CutAfter(), []mongoproxy.Match{writes}},
		{mongoproxy.DropReply(), []mongoproxy.Match{writes, reads}},
		{mongoproxy.Hold(), []mongoproxy.Match{writes}},
		{mongoproxy.Delay(clock.System(), attemptTime/10), []mongoproxy.Match{writes}},
		{mongoproxy.NotWritablePrimary(), []mongoproxy.Match{writes, reads}},
		{mongoproxy.NotWritablePrimaryAfter(), []mongoproxy.Match{writes}},
	} {
		for _, match := range c.matches {
			rule := proxy.Add(match, c.fault, 1)
			if err := rule.Wait(ctx, 1); err != nil {
				t.Fatal(err)
			}
			rule.Release()
		}
		recovered(c.fault.String())
	}
	proxy.CutAll()
	recovered("CutAll")
}

// behind is a collection as a process sees it whose connections go through the proxy.
func behind(t *testing.T, proxy *mongoproxy.Proxy, direct *mongo.Collection) *mongo.Collection {
	t.Helper()
	client, err := mongox.Connect(t.Context(), mongox.Config{URI: proxy.URI()}, mongox.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mongox.Close(context.WithoutCancel(t.Context()), client); err != nil {
			t.Error(err)
		}
	})
	return client.Database(direct.Database().Name()).Collection(direct.Name())
}

func openLog(t *testing.T, coll *mongo.Collection) *chain.Log[chaintest.Body] {
	t.Helper()
	log := chain.New(mongochain.New[chaintest.Body](coll), chain.Options{Timeout: attemptTime})
	t.Cleanup(func() {
		if err := log.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return log
}

// writers send lists of two commands until they are told to stop, and remember what was acknowledged.
type writers struct {
	running sync.WaitGroup
	stop    chan struct{}

	mu           sync.Mutex
	acknowledged map[string]chain.Entry[chaintest.Body]
	unknown      int
}

// write is the n-th writer. Two of them, of different processes, have a chain in common, so that heads are found stale.
func (w *writers) write(t *testing.T, log *chain.Log[chaintest.Body], n int) {
	first, second := fmt.Sprint("key-", n%6), fmt.Sprint("fees-", n%2)
	if n < 2 {
		first = "shared"
	}
	for i := 0; ; i++ {
		select {
		case <-w.stop:
			return
		default:
		}
		id := fmt.Sprintf("%d/%d", n, i)
		w.send(t, log, increment(first, id), increment(second, "fee/"+id))
	}
}

// send sends one list until it is acknowledged.
func (w *writers) send(t *testing.T, log *chain.Log[chaintest.Body], list ...chain.Append[chaintest.Body]) {
	for t.Context().Err() == nil {
		results, err := log.Append(t.Context(), list...)
		w.mu.Lock()
		for _, r := range results {
			w.acknowledged[r.Entry.Command.ID] = r.Entry
		}
		if err != nil {
			w.unknown++
		}
		w.mu.Unlock()
		if err == nil {
			return
		}
		if !errs.IsTransient(err) {
			t.Errorf("%s was refused for good: %v", list[0].Command.ID, err)
			return
		}
	}
}

// verify compares the chains, read without the proxy, with what was acknowledged.
func (w *writers) verify(t *testing.T, direct *mongo.Collection) {
	t.Helper()
	stored := map[string]int{}
	report, err := openLog(t, direct).VerifyAll(t.Context(), "", func(e chain.Entry[chaintest.Body]) error {
		stored[e.Command.ID]++
		if known, ok := w.acknowledged[e.Command.ID]; !ok || known.Hash != e.Hash || known.Seq != e.Seq || known.Key != e.Key {
			t.Errorf("%s#%d of command %s was never acknowledged as this", e.Key, e.Seq, e.Command.ID)
		}
		if e.Body.Total != e.Seq {
			t.Errorf("%s#%d has total %d", e.Key, e.Seq, e.Body.Total)
		}
		return nil
	})
	if err != nil || report.FaultCount > 0 {
		t.Errorf("report %+v, %v", report, err)
	}
	for id := range w.acknowledged {
		if stored[id] != 1 {
			t.Errorf("command %s was acknowledged and has %d entries", id, stored[id])
		}
	}
}

// increment adds one to a chain's total.
func increment(key, id string) chain.Append[chaintest.Body] {
	return chain.Append[chaintest.Body]{
		Key: key, Command: command.New(id, "mongochain.increment.v1"),
		Step: func(head *chain.Entry[chaintest.Body]) (chaintest.Body, error) {
			if head == nil {
				return chaintest.Body{Total: 1, Delta: 1}, nil
			}
			return chaintest.Body{Total: head.Body.Total + 1, Delta: 1}, nil
		},
	}
}
