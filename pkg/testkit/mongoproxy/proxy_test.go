package mongoproxy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/testkit"
)

// start returns a proxy before a server that says ok to everything.
func start(t *testing.T) (*Proxy, *upstream) {
	t.Helper()
	u := startUpstream(t)
	return Start(t, u.uri()), u
}

// wantDone fails unless the server did exactly n commands.
func wantDone(t *testing.T, u *upstream, n int) {
	t.Helper()
	if done := u.commands(); len(done) != n {
		t.Errorf("the server did %v, want %d commands", done, n)
	}
}

func await(t *testing.T, r *Rule, n int) {
	t.Helper()
	if err := r.Wait(testkit.Context(t), n); err != nil {
		t.Fatal(err)
	}
}

func TestProxy_PassesWhatNoRuleConcerns(t *testing.T) {
	p, u := start(t)
	rules := []*Rule{
		p.Add(Match{Collection: "other"}, CutBefore(), Always),
		p.Add(Match{Database: "other"}, CutBefore(), Always),
		p.Add(Reads("c"), CutBefore(), Always),
	}
	c := dial(t, p)
	for _, flags := range []uint32{0, flagChecksum} {
		if code := c.receive(c.send("c", flags)); code != 0 {
			t.Errorf("code %d", code)
		}
	}
	wantDone(t, u, 2)
	for _, r := range rules {
		if r.Fired() != 0 {
			t.Errorf("%v hit %v", r.match, r.Commands())
		}
	}
}

func TestProxy_CutBeforeSparesTheServer(t *testing.T) {
	p, u := start(t)
	rule := p.Add(Writes("c"), CutBefore(), 1)
	c := dial(t, p)
	c.send("c", 0)
	c.wantCut()
	wantDone(t, u, 0)
	want := Command{Name: "insert", Database: "db", Collection: "c", Documents: 2}
	if got := rule.Commands(); len(got) != 1 || got[0] != want {
		t.Errorf("hit %+v, want %+v", got, want)
	}
	c = dial(t, p)
	if code := c.receive(c.send("c", 0)); code != 0 || rule.Fired() != 1 {
		t.Errorf("a rule for one command hit again: code %d, %d times", code, rule.Fired())
	}
}

func TestProxy_CutAfterComesWhenTheServerIsDone(t *testing.T) {
	p, u := start(t)
	rule := p.Add(Writes("c"), CutAfter(), 1)
	c := dial(t, p)
	c.send("c", 0)
	c.wantCut()
	wantDone(t, u, 1)
	await(t, rule, 1)
}

func TestProxy_HoldKeepsTheReplyUntilRelease(t *testing.T) {
	p, u := start(t)
	rule := p.Add(Writes("c"), Hold(), Always)
	held, free := dial(t, p), dial(t, p)
	request := held.send("c", 0)
	await(t, rule, 1)
	wantDone(t, u, 1)
	if code := free.receive(free.send("other", 0)); code != 0 {
		t.Errorf("another connection is held up: code %d", code)
	}
	rule.Release()
	held.receive(request)
	held.receive(held.send("c", 0))
	if rule.Fired() != 2 {
		t.Errorf("fired %d times, want 2", rule.Fired())
	}
}

func TestProxy_DelayIsTheClocks(t *testing.T) {
	p, u := start(t)
	fake := clock.NewFake(time.Unix(0, 0))
	rule := p.Add(Writes("c"), Delay(fake, time.Hour), 1)
	c := dial(t, p)
	request := c.send("c", 0)
	await(t, rule, 1)
	wantDone(t, u, 1)
	fake.Advance(time.Hour)
	c.receive(request)
}

func TestProxy_DroppedReplyLeavesTheConnectionOpen(t *testing.T) {
	p, u := start(t)
	rule := p.Add(Writes("c"), DropReply(), 1)
	c := dial(t, p)
	c.send("c", 0)
	await(t, rule, 1)
	c.receive(c.send("c", 0)) // fails on the answer to any other request
	wantDone(t, u, 2)
}

func TestProxy_NotWritablePrimary(t *testing.T) {
	for fault, done := range map[Fault]int{NotWritablePrimary(): 0, NotWritablePrimaryAfter(): 1} {
		t.Run(fault.String(), func(t *testing.T) {
			p, u := start(t)
			p.Add(Writes("c"), fault, 1)
			c := dial(t, p)
			if code := c.receive(c.send("c", 0)); code != 10107 {
				t.Errorf("code %d, want 10107", code)
			}
			wantDone(t, u, done)
			if code := c.receive(c.send("c", 0)); code != 0 {
				t.Errorf("the connection is not usable any more: code %d", code)
			}
		})
	}
}

func TestProxy_UnansweredCommandsHaveNoReplyToLose(t *testing.T) {
	p, u := start(t)
	after := p.Add(Writes("c"), CutAfter(), Always)
	c := dial(t, p)
	c.send("c", flagMoreToCome)
	c.receive(c.send("other", 0))
	wantDone(t, u, 2)
	if after.Fired() != 0 {
		t.Errorf("hit %v", after.Commands())
	}
	p.Add(Writes("c"), CutBefore(), 1)
	c.send("c", flagMoreToCome)
	c.wantCut()
	wantDone(t, u, 2)
}

func TestProxy_FirstRuleWinsAndRemovedOnesAreGone(t *testing.T) {
	p, _ := start(t)
	first := p.Add(Writes(""), NotWritablePrimary(), Always)
	second := p.Add(Writes(""), NotWritablePrimaryAfter(), 2)
	c := dial(t, p)
	var fired []int
	for range 2 {
		c.receive(c.send("c", 0))
		fired = append(fired, first.Fired(), second.Fired())
		first.Remove()
	}
	if want := []int{1, 0, 1, 1}; !slices.Equal(fired, want) {
		t.Errorf("fired %v, want %v", fired, want)
	}
}

func TestProxy_CutAllAndRefuse(t *testing.T) {
	p, u := start(t)
	clients := []*client{dial(t, p), dial(t, p)}
	for _, c := range clients {
		c.receive(c.send("c", 0))
	}
	p.Refuse(true)
	clients[0].receive(clients[0].send("c", 0))
	p.CutAll()
	for _, c := range append(clients, dial(t, p)) {
		c.wantCut()
	}
	p.Refuse(false)
	c := dial(t, p)
	c.receive(c.send("c", 0))
	wantDone(t, u, 4)
}

func TestProxy_EndsWhileRepliesAreHeldAndTheServerIsAway(t *testing.T) {
	u := startUpstream(t)
	var c *client
	t.Run("Test", func(inner *testing.T) {
		p := Start(inner, u.uri())
		rule := p.Add(Writes(""), Hold(), Always)
		c = dial(t, p) // outlives the proxy
		c.send("c", 0)
		await(inner, rule, 1)
	})
	c.wantCut()
	gone := Start(t, "mongodb://127.0.0.1:1")
	dial(t, gone).wantCut()
}

func TestProxy_CutsOffWhatItCannotRead(t *testing.T) {
	for name, bytes := range map[string]string{
		"Size":     "\x01\x00\x00\x00aaaabbbbcccc",
		"Huge":     "\xff\xff\xff\xffaaaabbbbcccc",
		"Flags":    "\x12\x00\x00\x00aaaabbbb\xdd\x07\x00\x00\x00\x00",
		"Section":  "\x19\x00\x00\x00aaaabbbb\xdd\x07\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00\x00",
		"Kind":     "\x1a\x00\x00\x00aaaabbbb\xdd\x07\x00\x00\x00\x00\x00\x00\x07\x05\x00\x00\x00\x00",
		"Sequence": "\x1a\x00\x00\x00aaaabbbb\xdd\x07\x00\x00\x00\x00\x00\x00\x01\x05\x00\x00\x00a",
		"Empty":    "\x1a\x00\x00\x00aaaabbbb\xdd\x07\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00",
		"Checksum": "\x14\x00\x00\x00aaaabbbb\xdd\x07\x00\x00\x01\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			p, u := start(t)
			c := dial(t, p)
			if _, err := c.conn.Write([]byte(bytes)); err != nil {
				t.Fatal(err)
			}
			c.wantCut()
			wantDone(t, u, 0)
		})
	}
}

func TestRule_WaitEndsWithItsContext(t *testing.T) {
	p, _ := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Add(Match{}, Hold(), 1).Wait(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait = %v", err)
	}
}

func TestURI_KeepsWhatFitsADirectConnection(t *testing.T) {
	p := Start(t, "mongodb://user:p%40ss@127.0.0.1/db?replicaSet=rs0&compressors=zstd&authSource=admin&timeoutMS=10")
	want := fmt.Sprintf("mongodb://user:p%%40ss@%s/db?authSource=admin&directConnection=true&timeoutMS=500", p.listener.Addr())
	if got := p.URI("timeoutMS=500"); got != want {
		t.Errorf("URI = %s, want %s", got, want)
	}
}
