// Package memoutbox keeps aggregates with their outbox in memory: a versioned map and the outbox.Source over it. It is the
// default of the local run and the fake of unit tests.
package memoutbox

import (
	"container/heap"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/outbox"
)

// Access tells how to get at the parts of an aggregate of type A, a plain value.
type Access[A any] struct {
	// Box returns the aggregate's box.
	Box func(a *A) *outbox.Box
	// Version returns the aggregate's version.
	Version func(a *A) *int64
	// Clone copies an aggregate so that changing one leaves the other alone. The box's messages are copied by the store.
	// Nil means that a plain copy will do.
	Clone func(a A) A
}

// Store is a map of aggregates saved by compare-and-set. It implements outbox.Source. It is safe for concurrent use.
type Store[A any] struct {
	access Access[A]

	mu   sync.Mutex
	byID map[string]*A
	open map[string]struct{} // aggregates that are due some time, or have parked messages
	due  dueHeap             // lazily cleaned: an entry counts only while it is what the box says
}

// New returns an empty store.
func New[A any](access Access[A]) *Store[A] {
	return &Store[A]{access: access, byID: map[string]*A{}, open: map[string]struct{}{}}
}

// Insert stores a new aggregate with version 1 and reports false, changing nothing, when the id is taken.
func (s *Store[A]) Insert(id string, a A) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID[id] != nil {
		return false
	}
	s.put(id, a, 1)
	return true
}

// Get returns a copy of an aggregate.
func (s *Store[A]) Get(id string) (A, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.byID[id]
	if stored == nil {
		var none A
		return none, false
	}
	return s.clone(*stored), true
}

// Save replaces an aggregate if the stored version is that of a, and returns the new version, one higher. It returns
// outbox.ErrConflict otherwise, also when there is no such aggregate.
func (s *Store[A]) Save(id string, a A) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.byID[id]
	if stored == nil || *s.access.Version(stored) != *s.access.Version(&a) {
		return 0, outbox.ErrConflict
	}
	version := *s.access.Version(&a) + 1
	s.put(id, a, version)
	return version, nil
}

// Len returns the number of aggregates.
func (s *Store[A]) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byID)
}

// Lease implements outbox.Source.
func (s *Store[A]) Lease(ctx context.Context, now time.Time, ttl time.Duration, token string, limit int) ([]outbox.Lease, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var leases []outbox.Lease
	for len(leases) < limit && len(s.due) > 0 && !s.due[0].at.After(now) {
		entry, ok := heap.Pop(&s.due).(dueEntry)
		if !ok {
			continue
		}
		stored := s.byID[entry.id]
		if stored == nil || !s.access.Box(stored).DueAt.Equal(entry.at) {
			continue
		}
		box := s.access.Box(stored)
		box.Lease, box.DueAt = token, now.Add(ttl).Truncate(time.Millisecond)
		*s.access.Version(stored)++
		heap.Push(&s.due, dueEntry{at: box.DueAt, id: entry.id})
		leases = append(leases, outbox.Lease{AggregateID: entry.id, Token: token, DueAt: box.DueAt})
	}
	return leases, nil
}

// Backlog implements outbox.Source.
func (s *Store[A]) Backlog(ctx context.Context, now time.Time) (outbox.Backlog, error) {
	if err := ctx.Err(); err != nil {
		return outbox.Backlog{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var total outbox.Backlog
	for id := range s.open {
		box := s.access.Box(s.byID[id])
		pending, scheduled, parked := box.Pending(now)
		total.Pending += pending
		total.Parked += parked
		if pending == 0 && scheduled > 0 && !box.DueAt.IsZero() && total.Scheduled < outbox.ScheduledCap {
			total.Scheduled++
		}
		if oldest := box.Oldest(now); !oldest.IsZero() && (total.Oldest.IsZero() || oldest.Before(total.Oldest)) {
			total.Oldest = oldest
		}
	}
	return total, nil
}

// Parked implements outbox.Source.
func (s *Store[A]) Parked(ctx context.Context, limit int) ([]outbox.Parked, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id := range s.open {
		if !s.access.Box(s.byID[id]).ParkedAt.IsZero() {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return s.access.Box(s.byID[a]).ParkedAt.Compare(s.access.Box(s.byID[b]).ParkedAt)
	})
	var parked []outbox.Parked
	for _, id := range ids {
		for _, m := range s.access.Box(s.byID[id]).Messages {
			if m.State == outbox.StateParked && len(parked) < limit {
				parked = append(parked, outbox.Parked{AggregateID: id, Message: m})
			}
		}
	}
	return parked, nil
}

// Redrive implements outbox.Source.
func (s *Store[A]) Redrive(ctx context.Context, aggregateID, messageID string, now time.Time) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.byID[aggregateID]
	if stored == nil {
		return false, nil
	}
	changed := s.clone(*stored)
	if !s.access.Box(&changed).Redrive(messageID, now) {
		return false, nil
	}
	s.put(aggregateID, changed, *s.access.Version(&changed)+1)
	return true, nil
}

// put stores a copy of a under a version and indexes its box.
func (s *Store[A]) put(id string, a A, version int64) {
	stored := s.clone(a)
	*s.access.Version(&stored) = version
	before := s.byID[id]
	s.byID[id] = &stored
	box := s.access.Box(&stored)
	if box.DueAt.IsZero() && box.ParkedAt.IsZero() {
		delete(s.open, id)
	} else {
		s.open[id] = struct{}{}
	}
	if !box.DueAt.IsZero() && (before == nil || !s.access.Box(before).DueAt.Equal(box.DueAt)) {
		heap.Push(&s.due, dueEntry{at: box.DueAt, id: id})
	}
}

func (s *Store[A]) clone(a A) A {
	if s.access.Clone != nil {
		a = s.access.Clone(a)
	}
	box := s.access.Box(&a)
	box.Messages = slices.Clone(box.Messages)
	return a
}

type dueEntry struct {
	at time.Time
	id string
}

// dueHeap implements heap.Interface, the earliest first.
type dueHeap []dueEntry

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any) {
	if entry, ok := x.(dueEntry); ok {
		*h = append(*h, entry)
	}
}
func (h *dueHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
