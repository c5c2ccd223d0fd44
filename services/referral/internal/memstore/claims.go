package memstore

import (
	"context"
	"sync"

	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Claims is an app.ClaimStore.
type Claims struct {
	mu        sync.RWMutex
	byReferee map[person]domain.Claim
	referred  map[person]int
}

// NewClaims returns an empty store.
func NewClaims() *Claims {
	return &Claims{byReferee: map[person]domain.Claim{}, referred: map[person]int{}}
}

// Put stores the claim, or returns the one that its referee has already.
func (s *Claims) Put(ctx context.Context, c domain.Claim) (domain.Claim, error) {
	if err := ctx.Err(); err != nil {
		return domain.Claim{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := person{c.ProgramID, c.RefereeID}
	if stored, ok := s.byReferee[key]; ok {
		return stored, app.ErrExists
	}
	s.byReferee[key] = c
	s.referred[person{c.ProgramID, c.ReferrerID}]++
	return c, nil
}

// Get returns the claim of a referee.
func (s *Claims) Get(ctx context.Context, programID, refereeID string) (domain.Claim, error) {
	if err := ctx.Err(); err != nil {
		return domain.Claim{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	c, ok := s.byReferee[person{programID, refereeID}]
	if !ok {
		return domain.Claim{}, app.ErrNotFound
	}
	return c, nil
}

// Peek is Get.
func (s *Claims) Peek(ctx context.Context, programID, refereeID string) (domain.Claim, error) {
	return s.Get(ctx, programID, refereeID)
}

// HasReferred reports whether a person is the referrer of any claim.
func (s *Claims) HasReferred(ctx context.Context, programID, referrerID string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.referred[person{programID, referrerID}] > 0, nil
}

// Release deletes the claim if it still stands for the same referral.
func (s *Claims) Release(ctx context.Context, c domain.Claim) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := person{c.ProgramID, c.RefereeID}
	if stored, ok := s.byReferee[key]; ok && stored.ReferralID == c.ReferralID {
		delete(s.byReferee, key)
		s.referred[person{c.ProgramID, c.ReferrerID}]--
	}
	return nil
}
