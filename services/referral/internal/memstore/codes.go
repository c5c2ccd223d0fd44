package memstore

import (
	"context"
	"sync"
	"time"

	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Codes is an app.CodeStore.
type Codes struct {
	mu     sync.RWMutex
	byKey  map[string]domain.Code
	owners map[string][]time.Time
}

// NewCodes returns an empty store.
func NewCodes() *Codes {
	return &Codes{byKey: map[string]domain.Code{}, owners: map[string][]time.Time{}}
}

// Put stores a new code.
func (s *Codes) Put(ctx context.Context, c domain.Code) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.byKey[c.Key]; ok {
		return app.ErrExists
	}
	s.byKey[c.Key] = c
	s.owners[c.OwnerID] = append(s.owners[c.OwnerID], c.CreatedAt)
	return nil
}

// Get returns the code.
func (s *Codes) Get(ctx context.Context, key string) (domain.Code, error) {
	if err := ctx.Err(); err != nil {
		return domain.Code{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	c, ok := s.byKey[key]
	if !ok {
		return domain.Code{}, app.ErrNotFound
	}
	return c, nil
}

// Disable marks the code as disabled.
func (s *Codes) Disable(ctx context.Context, key string) (domain.Code, error) {
	if err := ctx.Err(); err != nil {
		return domain.Code{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.byKey[key]
	if !ok {
		return domain.Code{}, app.ErrNotFound
	}
	c.Disabled = true
	s.byKey[key] = c
	return c, nil
}

// CountSince counts the codes of an owner made at or after since, up to limit.
func (s *Codes) CountSince(ctx context.Context, ownerID string, since time.Time, limit int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := 0
	for _, at := range s.owners[ownerID] {
		if !at.Before(since) && n < limit {
			n++
		}
	}
	return n, nil
}
