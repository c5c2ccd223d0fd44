// Package chaintest holds the contract of chains. Every adapter runs it; services check with RoundTrip that their bodies
// can be stored.
package chaintest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
)

// Body is what the contract's chains hold: a running total with a few optional fields of every kind.
type Body struct {
	Total int64     `json:"total"`
	Delta int64     `json:"delta"`
	Note  string    `json:"note,omitempty"`
	Since time.Time `json:"since,omitzero"`
	Marks []string  `json:"marks,omitempty"`
}

// Fixture is a fresh, empty store.
type Fixture struct {
	Store chain.Store[Body]
	// Second is another handle on the same data, as another process has it.
	Second chain.Store[Body]
	// Tamper changes a stored entry behind the store's back to what change makes of it, or removes it when change returns
	// false.
	Tamper func(key string, seq int64, change func(*chain.Entry[Body]) bool)
}

// Factory makes fixtures; what it opens ends with the test.
type Factory func(testing.TB) Fixture

// Run runs the contract against a store.
func Run(t *testing.T, factory Factory) {
	for _, part := range []struct {
		name string
		test func(*testing.T, Factory)
	}{
		{"Store", storeContract},
		{"Append", appendContract},
		{"List", listContract},
		{"Faults", faultContract},
		{"Processes", processContract},
		{"Group", groupContract},
		{"Verify", verifyContract},
		{"Linearizable", linearizableContract},
		{"Property", propertyContract},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, factory) })
	}
}

// errLimit is the refusal of a step that would pass its limit.
var errLimit = errors.New("limit reached")

// add is a step that adds to the total, up to a limit.
func add(delta, limit int64) chain.Step[Body] {
	return func(head *chain.Entry[Body]) (Body, error) {
		body := Body{Delta: delta}
		if head != nil {
			body.Total = head.Body.Total
		}
		body.Total += delta
		if body.Total > limit {
			return Body{}, fmt.Errorf("%w: %d of %d", errLimit, body.Total, limit)
		}
		return body, nil
	}
}

const noLimit = 1 << 40

// one is an append of one unit under a command id.
func one(key, id string) chain.Append[Body] { return plus(key, id, 1, noLimit) }

func plus(key, id string, delta, limit int64) chain.Append[Body] {
	return chain.Append[Body]{
		Key: key, Command: command.New(id, "chaintest.add.v1", command.Int64("delta", delta)), Step: add(delta, limit),
	}
}

// instant is a clock on which no wait takes any time.
type instant struct{ clock.Clock }

// NewTimer fires at once.
func (c instant) NewTimer(time.Duration) clock.Timer { return c.Clock.NewTimer(0) }

// ticking is an instant clock that never shows the same time twice.
type ticking struct {
	instant
	start time.Time
	ticks atomic.Int64
}

func newTicking() *ticking {
	system := clock.System()
	return &ticking{instant: instant{system}, start: system.Now()}
}

// Now is a millisecond later each time.
func (c *ticking) Now() time.Time {
	return c.start.Add(time.Duration(c.ticks.Add(1)) * time.Millisecond)
}

// open returns a log that is closed with the test.
func open(t testing.TB, store chain.Store[Body], opts chain.Options) *chain.Log[Body] {
	t.Helper()
	if opts.Clock == nil {
		opts.Clock = instant{clock.System()}
	}
	log := chain.New(store, opts)
	t.Cleanup(func() {
		if err := log.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("close the log: %v", err)
		}
	})
	return log
}

// must appends and fails the test on an error.
func must(t testing.TB, log *chain.Log[Body], list ...chain.Append[Body]) []chain.Result[Body] {
	t.Helper()
	results, err := log.Append(t.Context(), list...)
	if err != nil {
		t.Fatalf("append %s on %s: %v", list[0].Command.ID, list[0].Key, err)
	}
	if len(results) != len(list) {
		t.Fatalf("append returned %d results for %d steps", len(results), len(list))
	}
	return results
}

// wantChain fails unless the chain holds exactly the commands, in this order, is whole and sums up.
func wantChain(t testing.TB, log *chain.Log[Body], key string, ids ...string) {
	t.Helper()
	var got []string
	var total int64
	faults, err := log.Verify(t.Context(), key, func(e chain.Entry[Body]) error {
		got = append(got, e.Command.ID)
		if total += e.Body.Delta; total != e.Body.Total {
			t.Errorf("%s#%d has total %d, the deltas up to there sum to %d", key, e.Seq, e.Body.Total, total)
		}
		return nil
	})
	if err != nil || len(faults) > 0 {
		t.Fatalf("verify %s: faults %v, error %v", key, faults, err)
	}
	if fmt.Sprint(got) != fmt.Sprint(ids) {
		t.Fatalf("chain %s holds %v, want %v", key, got, ids)
	}
}
