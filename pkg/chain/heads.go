package chain

import (
	"context"
	"sync"
)

// headReader reads heads for callers whose chains are not cached. Callers that ask for the same head share one read, and
// what is asked for while reads are in flight goes in one read together. It reads in at most headReads goroutines, which
// wait waits for.
type headReader[B any] struct {
	read func(keys []string) ([]*Entry[B], error)

	mu      sync.Mutex
	byKey   map[string]*headRead[B]
	pending []string
	running int
	closed  bool
	tasks   sync.WaitGroup
}

const (
	// headReads bounds the reads in flight: two, so that one is on its way while the other's results are used.
	headReads = 2
	// headBatch bounds the heads of one read.
	headBatch = 200
)

// headRead is a read that somebody waits for.
type headRead[B any] struct {
	done  chan struct{}
	entry *Entry[B]
	err   error
}

// head returns the stored head of a chain, with sequence 0 if it is empty. A caller whose context ends stops waiting; the
// read goes on for the others.
func (h *headReader[B]) head(ctx context.Context, key string) (*Entry[B], error) {
	r, err := h.join(key)
	if err != nil {
		return nil, err
	}
	select {
	case <-r.done:
		return r.entry, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *headReader[B]) join(key string) (*headRead[B], error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.byKey[key]; r != nil {
		return r, nil
	}
	if h.closed {
		return nil, errClosed()
	}
	r := &headRead[B]{done: make(chan struct{})}
	h.byKey[key] = r
	h.pending = append(h.pending, key)
	if h.running < headReads {
		h.running++
		h.tasks.Go(h.loop)
	}
	return r, nil
}

// loop reads until nothing is asked for.
func (h *headReader[B]) loop() {
	for {
		keys := h.take()
		if keys == nil {
			return
		}
		entries, err := h.read(keys)
		h.mu.Lock()
		for i, key := range keys {
			r := h.byKey[key]
			delete(h.byKey, key)
			if r.err = err; err == nil {
				r.entry = entries[i]
			}
			close(r.done)
		}
		h.mu.Unlock()
	}
}

func (h *headReader[B]) take() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.pending) == 0 {
		h.pending = nil
		h.running--
		return nil
	}
	n := min(len(h.pending), headBatch)
	keys := h.pending[:n:n]
	h.pending = h.pending[n:]
	return keys
}

// wait refuses new reads and waits for those under way.
func (h *headReader[B]) wait() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.tasks.Wait()
}

// readHeads reads heads from the store and caches them. The head of an empty chain has sequence 0.
func (l *Log[B]) readHeads(keys []string) ([]*Entry[B], error) {
	ctx, cancel := context.WithTimeout(l.ctx, l.opts.Timeout)
	defer cancel()
	heads, err := l.store.Heads(ctx, keys)
	if err != nil {
		return nil, err
	}
	for i, head := range heads {
		if head == nil {
			heads[i] = &Entry[B]{Key: keys[i]}
		}
		l.heads.offer(heads[i])
	}
	return heads, nil
}
