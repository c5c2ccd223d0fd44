package chain

import (
	"github.com/maypok86/otter/v2"
)

// ref names a command in a chain.
type ref struct{ key, id string }

// headCache keeps heads that this process wrote or read. They may be stale: the insert that fails tells. An empty chain
// is kept as an entry with sequence 0.
type headCache[B any] struct {
	c *otter.Cache[string, *Entry[B]]
}

func newHeadCache[B any](size int) *headCache[B] {
	return &headCache[B]{otter.Must(&otter.Options[string, *Entry[B]]{MaximumSize: size, Executor: inline})}
}

// inline runs the cache's upkeep in the goroutine that causes it, so that none is left behind.
func inline(fn func()) { fn() }

func (h *headCache[B]) get(key string) *Entry[B] {
	e, _ := h.c.GetIfPresent(key)
	return e
}

// offer caches a head unless a later one is there already.
func (h *headCache[B]) offer(e *Entry[B]) {
	h.c.Compute(e.Key, func(old *Entry[B], found bool) (*Entry[B], otter.ComputeOp) {
		if found && old.Seq >= e.Seq {
			return old, otter.CancelOp
		}
		return e, otter.WriteOp
	})
}

func (h *headCache[B]) drop(key string) { h.c.Invalidate(key) }

// commandCache keeps entries by command, so that a replay is answered without asking the store.
type commandCache[B any] struct{ c *otter.Cache[ref, *Entry[B]] }

func newCommandCache[B any](size int) *commandCache[B] {
	return &commandCache[B]{otter.Must(&otter.Options[ref, *Entry[B]]{MaximumSize: size, Executor: inline})}
}

func (c *commandCache[B]) get(key, id string) *Entry[B] {
	e, _ := c.c.GetIfPresent(ref{key, id})
	return e
}

func (c *commandCache[B]) put(e *Entry[B]) { c.c.Set(ref{e.Key, e.Command.ID}, e) }
