package memstore

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/refersuite/refersuite/services/wallet/internal/app"
)

// Queue implements app.Queue in memory.
type Queue struct {
	mu      sync.Mutex
	waiting map[string]app.QueuedReward
	leases  map[string]lease
}

// lease is who has the queue of a programme, until when.
type lease struct {
	owner string
	until time.Time
}

// NewQueue returns an empty queue.
func NewQueue() *Queue {
	return &Queue{waiting: map[string]app.QueuedReward{}, leases: map[string]lease{}}
}

// Put implements app.Queue.
func (q *Queue) Put(ctx context.Context, r app.QueuedReward) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, found := q.waiting[r.ID]; !found {
		q.waiting[r.ID] = r
	}
	return nil
}

// Get implements app.Queue.
func (q *Queue) Get(ctx context.Context, rewardID string) (app.QueuedReward, bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	r, found := q.waiting[rewardID]
	return r, found, ctx.Err()
}

// Remove implements app.Queue.
func (q *Queue) Remove(ctx context.Context, rewardID string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	delete(q.waiting, rewardID)
	return nil
}

// Tried implements app.Queue.
func (q *Queue) Tried(ctx context.Context, rewardID string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r, found := q.waiting[rewardID]; found && ctx.Err() == nil {
		r.Attempts++
		q.waiting[rewardID] = r
	}
	return ctx.Err()
}

// List implements app.Queue.
func (q *Queue) List(ctx context.Context, programID string, after app.QueuePlace, limit int) ([]app.QueuedReward, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var list []app.QueuedReward
	for _, r := range q.waiting {
		if r.ProgramID == programID && place(r, after) > 0 {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b app.QueuedReward) int { return place(a, app.QueuePlace{QueuedAt: b.QueuedAt, ID: b.ID}) })
	return list[:min(limit, len(list))], ctx.Err()
}

// place compares where a reward stands with a place in the queue.
func place(r app.QueuedReward, at app.QueuePlace) int {
	return cmp.Or(r.QueuedAt.Compare(at.QueuedAt), cmp.Compare(r.ID, at.ID))
}

// Totals implements app.Queue.
func (q *Queue) Totals(ctx context.Context, programID string) (app.QueueTotals, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var t app.QueueTotals
	for _, r := range q.waiting {
		if r.ProgramID == programID {
			t.Rewards++
			t.Amount += r.Amount
		}
	}
	return t, ctx.Err()
}

// Programs implements app.Queue.
func (q *Queue) Programs(ctx context.Context) ([]string, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var programs []string
	for _, r := range q.waiting {
		programs = append(programs, r.ProgramID)
	}
	slices.Sort(programs)
	return slices.Compact(programs), ctx.Err()
}

// Lease implements app.Queue.
func (q *Queue) Lease(ctx context.Context, programID, owner string, now, until time.Time) (bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if held, found := q.leases[programID]; found && held.owner != owner && held.until.After(now) {
		return false, nil
	}
	q.leases[programID] = lease{owner, until}
	return true, nil
}
