package chaintest

import (
	"context"
	"errors"
	"sync"

	"github.com/refersuite/refersuite/pkg/chain"
)

// errLost is what a store answers whose reply was lost.
var errLost = errors.New("connection lost")

// everything stands for all entries of an insert.
const everything = 1 << 30

// faulty wraps a store with faults at its inserts.
type faulty struct {
	chain.Store[Body]

	mu      sync.Mutex
	inserts [][]*chain.Entry[Body]
	fault   func(n int, entries []*chain.Entry[Body]) (written int, fail bool)
	reads   func() error
}

// Insert writes the first written entries and then loses the connection, if the fault says so for the n-th insert.
func (f *faulty) Insert(ctx context.Context, entries []*chain.Entry[Body]) (int, error) {
	f.mu.Lock()
	f.inserts = append(f.inserts, append([]*chain.Entry[Body](nil), entries...))
	n, fault := len(f.inserts), f.fault
	f.mu.Unlock()
	if fault != nil {
		if written, fail := fault(n, entries); fail {
			if written = min(written, len(entries)); written > 0 {
				if _, err := f.Store.Insert(ctx, entries[:written]); err != nil {
					return 0, errors.Join(errLost, errors.New(err.Error()))
				}
			}
			return 0, errLost
		}
	}
	return f.Store.Insert(ctx, entries)
}

// Head fails while reads does.
func (f *faulty) Head(ctx context.Context, key string) (*chain.Entry[Body], error) {
	if err := f.readable(); err != nil {
		return nil, err
	}
	return f.Store.Head(ctx, key)
}

// Heads fails while reads does.
func (f *faulty) Heads(ctx context.Context, keys []string) ([]*chain.Entry[Body], error) {
	if err := f.readable(); err != nil {
		return nil, err
	}
	return f.Store.Heads(ctx, keys)
}

// Range fails while reads does.
func (f *faulty) Range(ctx context.Context, key string, page chain.Page) ([]*chain.Entry[Body], error) {
	if err := f.readable(); err != nil {
		return nil, err
	}
	return f.Store.Range(ctx, key, page)
}

func (f *faulty) readable() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reads != nil {
		return f.reads()
	}
	return nil
}

// set replaces the faults.
func (f *faulty) set(fault func(n int, entries []*chain.Entry[Body]) (int, bool), reads func() error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.reads, f.inserts = fault, reads, nil
}

// sizes returns the number of entries of each insert so far.
func (f *faulty) sizes() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	sizes := make([]int, len(f.inserts))
	for i, entries := range f.inserts {
		sizes[i] = len(entries)
	}
	return sizes
}

// failOnce loses the connection of the n-th insert after written entries.
func failOnce(n, written int) func(int, []*chain.Entry[Body]) (int, bool) {
	return func(i int, _ []*chain.Entry[Body]) (int, bool) { return written, i == n }
}
