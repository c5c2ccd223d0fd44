// Package memstore keeps referrals in memory: the default of the local run, and the fake of unit tests.
package memstore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/outbox/memoutbox"
	"github.com/refersuite/refersuite/services/referral/internal/app"
)

// Referrals is an app.ReferralStore and the outbox.Source over it.
type Referrals struct {
	*memoutbox.Store[*app.Aggregate]

	mu     sync.RWMutex
	people map[person]*record
	rows   map[string]row
	sweeps sweepHeap
}

// person is a referrer within a programme.
type person struct{ programID, userID string }

// NewReferrals returns an empty store.
func NewReferrals() *Referrals {
	return &Referrals{
		Store: memoutbox.New(memoutbox.Access[*app.Aggregate]{
			Box:     func(a **app.Aggregate) *outbox.Box { return &(*a).Outbox },
			Version: func(a **app.Aggregate) *int64 { return &(*a).Version },
			Clone:   func(a *app.Aggregate) *app.Aggregate { return a.Clone() },
		}),
		people: map[person]*record{},
		rows:   map[string]row{},
	}
}

// Insert stores a new aggregate.
func (s *Referrals) Insert(ctx context.Context, a *app.Aggregate) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.Store.Insert(a.ID, a) {
		return app.ErrExists
	}
	s.index(a)
	return nil
}

// Save replaces the aggregate whose stored version is a.Version-1.
func (s *Referrals) Save(ctx context.Context, a *app.Aggregate) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	replaces := *a
	replaces.Version--
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.Store.Save(a.ID, &replaces)
	if errors.Is(err, outbox.ErrConflict) {
		return app.ErrConflict
	}
	if err == nil {
		s.index(a)
	}
	return err
}

// Get returns the aggregate as of now.
func (s *Referrals) Get(ctx context.Context, id string) (*app.Aggregate, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a, ok := s.Store.Get(id)
	if !ok {
		return nil, app.ErrNotFound
	}
	return a, nil
}

// Peek is Get.
func (s *Referrals) Peek(ctx context.Context, id string) (*app.Aggregate, error) {
	return s.Get(ctx, id)
}

// List returns referrals of one referrer, newest first.
func (s *Referrals) List(ctx context.Context, q app.ListQuery, after app.Cursor, limit int) ([]*app.Aggregate, error) {
	var list []*app.Aggregate
	for _, id := range s.ids(q, after, limit) {
		a, err := s.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

func (s *Referrals) ids(q app.ListQuery, after app.Cursor, limit int) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	rec := s.people[person{q.ProgramID, q.ReferrerID}]
	if rec == nil {
		return nil
	}
	var ids []string
	for i := rec.before(after) - 1; i >= 0 && len(ids) < limit; i-- {
		id := rec.order[i].ID
		if q.Status == "" || s.rows[id].standing.Status == q.Status {
			ids = append(ids, id)
		}
	}
	return ids
}

// CountByStatus counts the referrals of one referrer.
func (s *Referrals) CountByStatus(ctx context.Context, programID, referrerID string) (app.Counts, error) {
	if err := ctx.Err(); err != nil {
		return app.Counts{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.people[person{programID, referrerID}].counts(), nil
}

// DueForSweep returns ids of referrals whose time has passed, earliest first.
func (s *Referrals) DueForSweep(ctx context.Context, now time.Time, limit int) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sweeps.due(now, limit, func(id string) time.Time { return s.rows[id].sweepAt }), nil
}
