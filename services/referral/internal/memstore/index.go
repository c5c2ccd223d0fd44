package memstore

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"
	"time"

	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// row is what the indexes know of a referral.
type row struct {
	standing app.Standing
	sweepAt  time.Time
}

// record holds the referrals of one person.
type record struct {
	order   []app.Cursor // ascending
	counted app.Counts
}

// index brings the indexes in line with a stored aggregate. The caller holds the lock.
func (s *Referrals) index(a *app.Aggregate) {
	key := person{a.ProgramID, a.ReferrerID}
	rec := s.people[key]
	if rec == nil {
		rec = &record{counted: app.Counts{ByStatus: map[domain.Status]int64{}}}
		s.people[key] = rec
	}
	before, known := s.rows[a.ID]
	now := row{standing: a.Standing(), sweepAt: a.SweepAt}
	if known {
		rec.counted.Add(before.standing, -1)
	} else {
		rec.add(app.Cursor{CreatedAt: a.CreatedAt, ID: a.ID})
	}
	rec.counted.Add(now.standing, 1)
	s.rows[a.ID] = now
	if !now.sweepAt.IsZero() && !now.sweepAt.Equal(before.sweepAt) {
		heap.Push(&s.sweeps, sweep{at: now.sweepAt, id: a.ID})
	}
}

func (r *record) add(c app.Cursor) {
	i, _ := slices.BinarySearchFunc(r.order, c, compareCursors)
	r.order = slices.Insert(r.order, i, c)
}

// before returns how many referrals stand before the cursor in ascending order; all of them for the zero cursor.
func (r *record) before(c app.Cursor) int {
	if c == (app.Cursor{}) {
		return len(r.order)
	}
	i, _ := slices.BinarySearchFunc(r.order, c, compareCursors)
	return i
}

func (r *record) counts() app.Counts {
	if r == nil {
		return app.Counts{ByStatus: map[domain.Status]int64{}}
	}
	counts := r.counted
	counts.ByStatus = maps.Clone(counts.ByStatus)
	maps.DeleteFunc(counts.ByStatus, func(_ domain.Status, n int64) bool { return n == 0 })
	return counts
}

func compareCursors(a, b app.Cursor) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
}

// sweep is a referral that can expire at a time.
type sweep struct {
	at time.Time
	id string
}

// sweepHeap implements heap.Interface, the earliest first. It is cleaned lazily: an entry counts only while the row says
// the same.
type sweepHeap []sweep

func (h *sweepHeap) due(now time.Time, limit int, sweepAt func(id string) time.Time) []string {
	var taken []sweep
	for len(*h) > 0 && !(*h)[0].at.After(now) && len(taken) < limit {
		if e, ok := heap.Pop(h).(sweep); ok && sweepAt(e.id).Equal(e.at) {
			taken = append(taken, e)
		}
	}
	ids := make([]string, len(taken))
	for i, e := range taken {
		ids[i] = e.id
		heap.Push(h, e) // it stays due until it is moved
	}
	return ids
}

// Len implements heap.Interface.
func (h sweepHeap) Len() int { return len(h) }

// Less implements heap.Interface.
func (h sweepHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }

// Swap implements heap.Interface.
func (h sweepHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *sweepHeap) Push(x any) {
	if e, ok := x.(sweep); ok {
		*h = append(*h, e)
	}
}

// Pop implements heap.Interface.
func (h *sweepHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
