package memstore

import (
	"context"
	"sync"
	"time"

	"github.com/refersuite/refersuite/services/wallet/internal/app"
)

// Reconciliations implements app.Reconciliations in memory. It keeps the last result only.
type Reconciliations struct {
	mu    sync.Mutex
	last  *app.Reconciliation
	begun bool
	owner string
	done  time.Time
	until time.Time
}

// NewReconciliations returns an empty store.
func NewReconciliations() *Reconciliations { return &Reconciliations{} }

// Save implements app.Reconciliations.
func (s *Reconciliations) Save(ctx context.Context, r app.Reconciliation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil || !r.FinishedAt.Before(s.last.FinishedAt) {
		s.last = &r
	}
	return ctx.Err()
}

// Last implements app.Reconciliations.
func (s *Reconciliations) Last(ctx context.Context) (app.Reconciliation, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		return app.Reconciliation{}, false, ctx.Err()
	}
	return *s.last, true, ctx.Err()
}

// Take implements app.Reconciliations.
func (s *Reconciliations) Take(ctx context.Context, owner string, due, now, until time.Time) (app.Turn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return app.Turn{}, err
	}
	if !s.begun {
		s.begun, s.done = true, due
	}
	if s.done.Before(due) && !s.until.After(now) {
		s.owner, s.until = owner, until
		return app.Turn{Mine: true, DoneUntil: s.done, Until: until}, nil
	}
	return app.Turn{DoneUntil: s.done, Until: s.until}, nil
}

// Renew implements app.Reconciliations.
func (s *Reconciliations) Renew(ctx context.Context, owner string, now, until time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner != owner || !s.until.After(now) {
		return false, ctx.Err()
	}
	s.until = until
	return true, ctx.Err()
}

// Done implements app.Reconciliations.
func (s *Reconciliations) Done(ctx context.Context, owner string, due time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner == owner {
		s.owner, s.until = "", time.Time{}
		if s.done.Before(due) {
			s.done = due
		}
	}
	return ctx.Err()
}

// Release implements app.Reconciliations.
func (s *Reconciliations) Release(ctx context.Context, owner string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner == owner {
		s.owner, s.until = "", time.Time{}
	}
	return ctx.Err()
}
