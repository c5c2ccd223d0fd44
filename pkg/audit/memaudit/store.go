// Package memaudit keeps the audit trail in memory: the default of the local run, and the fake of unit tests.
package memaudit

import (
	"context"
	"sort"
	"sync"

	"github.com/refersuite/refersuite/pkg/audit"
)

// DefaultCapacity bounds the entries kept when nothing else is said.
const DefaultCapacity = 100_000

// Store is a bounded audit.Store: the oldest entry makes room for a new one. The zero value is not usable; see New.
type Store struct {
	mu       sync.RWMutex
	capacity int
	// ring holds entries in the order of Begin, which is that of their ids but for entries begun in the same instant.
	ring  []audit.Entry
	next  int
	index map[string]int
}

var _ audit.Store = (*Store)(nil)

// New returns an empty store of at most capacity entries; zero means DefaultCapacity.
func New(capacity int) *Store {
	if capacity <= 0 {
		capacity = DefaultCapacity
	}
	return &Store{capacity: capacity, index: map[string]int{}}
}

// Begin implements audit.Store.
func (s *Store) Begin(ctx context.Context, intent audit.Intent) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.index[intent.ID]; known {
		return nil
	}
	entry := audit.Entry{Intent: intent}
	if len(s.ring) < s.capacity {
		s.index[intent.ID] = len(s.ring)
		s.ring = append(s.ring, entry)
		return nil
	}
	delete(s.index, s.ring[s.next].ID)
	s.ring[s.next] = entry
	s.index[intent.ID] = s.next
	s.next = (s.next + 1) % s.capacity
	return nil
}

// End implements audit.Store.
func (s *Store) End(_ context.Context, outcome audit.Outcome) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, known := s.index[outcome.ID]; known && s.ring[i].Code == "" {
		entry := &s.ring[i]
		entry.FinishedAt, entry.Code, entry.Reason = outcome.FinishedAt, outcome.Code, outcome.Reason
	}
	return nil
}

// List implements audit.Store. It looks at every entry: a bounded trail in memory has no index.
func (s *Store) List(ctx context.Context, query audit.Query) ([]audit.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	var found []audit.Entry
	for _, entry := range s.ring {
		if matches(entry, query) {
			found = append(found, entry)
		}
	}
	s.mu.RUnlock()
	sort.Slice(found, func(i, j int) bool { return found[i].ID > found[j].ID })
	if limit := query.PageSize(); len(found) > limit {
		found = found[:limit:limit]
	}
	return found, nil
}

func matches(entry audit.Entry, query audit.Query) bool {
	return (query.Subject == "" || entry.Subject == query.Subject) &&
		(query.Method == "" || entry.Method == query.Method) &&
		(query.Before == "" || entry.ID < query.Before)
}

// Flush implements audit.Store; nothing is ever pending.
func (s *Store) Flush(context.Context) error { return nil }

// Close implements audit.Store; nothing is owned.
func (s *Store) Close(context.Context) error { return nil }
