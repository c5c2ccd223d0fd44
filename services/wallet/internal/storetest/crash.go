package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// errLost is what a process sees of a store that is gone.
var errLost = errors.New("connection lost")

// Mortal is a store that dies on demand in the middle of an insert, for the process that holds it. What it wrote stays.
type Mortal struct {
	chain.Store[domain.Line]
	mu   sync.Mutex
	left int // entries it will still write; negative: any number
	at   func(*chain.Entry[domain.Line]) bool
}

// NewMortal returns a store that lives.
func NewMortal(store chain.Store[domain.Line]) *Mortal { return &Mortal{Store: store, left: -1} }

// DieAfter makes the store write n more entries and then answer nothing any more.
func (m *Mortal) DieAfter(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = n
}

// DieAt makes the store answer nothing any more from the first entry on that is told, which is not written.
func (m *Mortal) DieAt(told func(*chain.Entry[domain.Line]) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = told
}

// Insert writes as many entries as are left.
func (m *Mortal) Insert(ctx context.Context, entries []*chain.Entry[domain.Line]) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at != nil && m.left < 0 {
		if i := slices.IndexFunc(entries, m.at); i >= 0 {
			m.left = i
		}
	}
	if m.left < 0 {
		return m.Store.Insert(ctx, entries)
	}
	n, err := min(m.left, len(entries)), error(nil)
	if n > 0 {
		if n, err = m.Store.Insert(ctx, entries[:n]); err != nil {
			return n, err
		}
	}
	if m.left -= n; n < len(entries) {
		return 0, errLost
	}
	return n, nil
}

func (m *Mortal) dead() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left == 0 {
		return errLost
	}
	return nil
}

// Head fails on a dead store.
func (m *Mortal) Head(ctx context.Context, key string) (*chain.Entry[domain.Line], error) {
	if err := m.dead(); err != nil {
		return nil, err
	}
	return m.Store.Head(ctx, key)
}

// Find fails on a dead store.
func (m *Mortal) Find(ctx context.Context, key, commandID string) (*chain.Entry[domain.Line], error) {
	if err := m.dead(); err != nil {
		return nil, err
	}
	return m.Store.Find(ctx, key, commandID)
}

// M6CrashBetweenStepsIsFinished cuts issue and reversal off before, between and after their steps. The ledger sums to zero
// at every moment, and the same command finishes what was begun.
func M6CrashBetweenStepsIsFinished(t *testing.T, open Open) {
	store := open(t)
	l := on(t, store, clock.NewFake(noon))
	l.issue(t, free(0)) // the programme is known
	for written := range 3 {
		r := free(written + 1)
		for _, act := range []func(ledger) error{
			func(l ledger) error { _, err := l.Issue(t.Context(), r); return err },
			func(l ledger) error { _, err := l.Reverse(t.Context(), reverseOf(r, "REFUND")); return err },
		} {
			mortal := NewMortal(store)
			dying := on(t, mortal, l.clock)
			if _, err := dying.Issue(t.Context(), free(0)); err != nil { // it knows the programme, too
				t.Fatal(err)
			}
			mortal.DieAfter(written)
			err := act(dying)
			if written < 2 && !errs.IsTransient(err) {
				t.Fatalf("cut off after %d steps, got %v", written, err)
			}
			state, err := l.Reconcile(t.Context())
			if err != nil || !state.ZeroSum || (written == 1) != (state.FindingCounts[domain.FindingUnmatchedCommand] == 1) {
				t.Fatalf("cut off after %d steps: %+v, %v", written, state, err)
			}
			if err := act(l); err != nil {
				t.Fatalf("retry after %d steps: %v", written, err)
			}
			l.wantWhole(t)
		}
	}
	l.wantBalance(t, 0, 5000, 7)
}
