package chaintest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
)

// runs numbers the runs of the property, so that each has chains of its own in one store.
var runs atomic.Int64

// propertyContract sends random lists, cuts some off half-way, kills processes and sends everything again until it is
// answered: whatever the order, each chain is whole and holds each of its commands once.
func propertyContract(t *testing.T, factory Factory) {
	f := factory(t)
	rapid.Check(t, func(rt *rapid.T) {
		p := &world{t: rt, ctx: t.Context(), store: &faulty{Store: f.Store}, prefix: fmt.Sprintf("run%d/", runs.Add(1))}
		p.restart()
		defer p.stop()
		p.draw()
		for range rapid.IntRange(1, 12).Draw(rt, "sends") {
			p.send(rapid.IntRange(0, len(p.lists)-1).Draw(rt, "list"))
		}
		p.restart()
		for i := range p.lists {
			p.send(i)
			for p.pending[i] {
				p.send(i)
			}
		}
		p.check()
	})
}

// world is one run: lists of appends, and the process that executes them.
type world struct {
	t       *rapid.T
	ctx     context.Context
	store   *faulty
	log     *chain.Log[Body]
	prefix  string
	lists   [][]chain.Append[Body]
	pending map[int]bool
}

func (w *world) draw() {
	w.pending = map[int]bool{}
	for i := range rapid.IntRange(1, 4).Draw(w.t, "lists") {
		var list []chain.Append[Body]
		for j := range rapid.IntRange(1, 4).Draw(w.t, "steps") {
			key := w.prefix + rapid.SampledFrom([]string{"a", "b", "c"}).Draw(w.t, "key")
			list = append(list, one(key, fmt.Sprintf("c%d-%d", i, j)))
		}
		w.lists = append(w.lists, list)
	}
}

// send executes a list, with a fault or a restart if the dice say so.
func (w *world) send(i int) {
	written := rapid.IntRange(-3, len(w.lists[i])).Draw(w.t, "written before the fault, none below 0")
	w.store.set(nil, nil)
	if written >= 0 {
		w.store.set(func(n int, _ []*chain.Entry[Body]) (int, bool) { return written, n == 1 }, nil)
	}
	_, err := w.log.Append(w.ctx, w.lists[i]...)
	if err != nil && !isUnknown(err) {
		w.t.Fatalf("list %d: %v", i, err)
	}
	w.pending[i] = err != nil
	if rapid.Bool().Draw(w.t, "restart") {
		w.restart()
	}
}

// restart replaces the process by one without memory. Half of them give up at the first fault, so that lists stay cut off.
func (w *world) restart() {
	w.stop()
	w.log = chain.New(w.store, chain.Options{
		Clock: instant{clock.System()}, Attempts: rapid.SampledFrom([]int{1, 5}).Draw(w.t, "attempts"),
	})
}

func (w *world) stop() {
	if w.log != nil {
		if err := w.log.Close(context.WithoutCancel(w.ctx)); err != nil {
			w.t.Fatalf("close: %v", err)
		}
	}
}

func (w *world) check() {
	want := map[string]int{}
	for _, list := range w.lists {
		for _, a := range list {
			want[a.Key+" "+a.Command.ID] = 1
		}
	}
	report, err := w.log.VerifyAll(w.ctx, w.prefix, func(e chain.Entry[Body]) error {
		want[e.Key+" "+e.Command.ID]--
		if e.Body.Total != e.Seq {
			w.t.Errorf("%s#%d has total %d", e.Key, e.Seq, e.Body.Total)
		}
		return nil
	})
	if err != nil || report.FaultCount > 0 {
		w.t.Fatalf("report %+v, %v", report, err)
	}
	for command, missing := range want {
		if missing != 0 {
			w.t.Errorf("%s is stored %d times", command, 1-missing)
		}
	}
}
