// Package memstore keeps assessments in memory: the default of the local run, and the fake of unit tests.
package memstore

import (
	"context"
	"sync"

	"github.com/refersuite/refersuite/services/fraud/internal/app"
	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// Store is an app.Store in memory. It forgets everything at the end of the process.
type Store struct {
	mu          sync.RWMutex
	assessments map[string]*domain.Assessment
	sighted     map[string]bool
	programs    map[string]*timeline[*domain.Assessment]
	referrers   map[personKey]*timeline[string] // code of each referral, by when it occurred
	devices     map[printKey]*timeline[string]  // referee of each sighting, by when it occurred
	addresses   map[printKey]*timeline[string]
}

type personKey struct{ program, person string }

type printKey struct {
	program string
	print   domain.Fingerprint
}

var _ app.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{
		assessments: map[string]*domain.Assessment{}, sighted: map[string]bool{},
		programs:  map[string]*timeline[*domain.Assessment]{},
		referrers: map[personKey]*timeline[string]{},
		devices:   map[printKey]*timeline[string]{}, addresses: map[printKey]*timeline[string]{},
	}
}

// Insert implements app.Store.
func (s *Store) Insert(ctx context.Context, a domain.Assessment) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.assessments[a.Facts.ReferralID] != nil {
		return false, nil
	}
	s.assessments[a.Facts.ReferralID] = &a
	at(s.programs, a.Facts.ProgramID).add(a.AssessedAt, a.Facts.ReferralID, &a)
	at(s.referrers, personKey{a.Facts.ProgramID, a.Facts.ReferrerID}).add(a.Facts.OccurredAt, a.Facts.ReferralID, a.Facts.Code)
	return true, nil
}

// Get implements app.Store.
func (s *Store) Get(ctx context.Context, referralID string) (domain.Assessment, bool, error) {
	if err := ctx.Err(); err != nil {
		return domain.Assessment{}, false, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	a := s.assessments[referralID]
	if a == nil {
		return domain.Assessment{}, false, nil
	}
	return *a, true, nil
}

// Sight implements app.Store.
func (s *Store) Sight(ctx context.Context, seen domain.Sighting) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sighted[seen.ReferralID] {
		return nil
	}
	s.sighted[seen.ReferralID] = true
	if seen.Device != "" {
		at(s.devices, printKey{seen.ProgramID, seen.Device}).add(seen.OccurredAt, seen.ReferralID, seen.RefereeID)
	}
	if seen.Address != "" {
		at(s.addresses, printKey{seen.ProgramID, seen.Address}).add(seen.OccurredAt, seen.ReferralID, seen.RefereeID)
	}
	return nil
}

// List implements app.Store.
func (s *Store) List(ctx context.Context, q app.Query, limit int) ([]domain.Assessment, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var list []domain.Assessment
	for _, item := range s.programs[q.ProgramID].newest() {
		if len(list) == limit {
			break
		}
		if q.After != (app.Position{}) && !item.before(q.After.AssessedAt, q.After.ReferralID) {
			continue
		}
		if q.Band == "" || item.value.Band == q.Band {
			list = append(list, *item.value)
		}
	}
	return list, nil
}

// at returns the timeline of a key, made when it is missing.
func at[K comparable, V any](lines map[K]*timeline[V], key K) *timeline[V] {
	line := lines[key]
	if line == nil {
		line = &timeline[V]{}
		lines[key] = line
	}
	return line
}
