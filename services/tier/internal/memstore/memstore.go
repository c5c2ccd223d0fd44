// Package memstore keeps progress and ladders in memory: the default of local runs, and the fake of unit tests.
package memstore

import (
	"context"
	"slices"
	"sync"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/memchain"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// NewProgress returns an empty store of people's progress.
func NewProgress() chain.Store[domain.Line] { return memchain.New[domain.Line]() }

// Ladders implements app.Ladders.
type Ladders struct {
	mu       sync.RWMutex
	versions map[string]map[int64]domain.Ladder // by programme
	highest  map[string]int64
}

// NewLadders returns no ladders.
func NewLadders() *Ladders {
	return &Ladders{versions: map[string]map[int64]domain.Ladder{}, highest: map[string]int64{}}
}

// Put stores a ladder unless one is stored, and returns the one that is stored then.
func (s *Ladders) Put(ctx context.Context, l domain.Ladder) (domain.Ladder, error) {
	if err := ctx.Err(); err != nil {
		return domain.Ladder{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if stored, ok := s.versions[l.ProgramID][l.Version]; ok {
		return stored, nil
	}
	if s.versions[l.ProgramID] == nil {
		s.versions[l.ProgramID] = map[int64]domain.Ladder{}
	}
	l.Tiers = slices.Clone(l.Tiers)
	s.versions[l.ProgramID][l.Version] = l
	s.highest[l.ProgramID] = max(s.highest[l.ProgramID], l.Version)
	return l, nil
}

// Get returns the ladder of a version.
func (s *Ladders) Get(ctx context.Context, program string, version int64) (domain.Ladder, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	l, ok := s.versions[program][version]
	return l, ok, ctx.Err()
}

// Latest returns the ladder of the highest version.
func (s *Ladders) Latest(ctx context.Context, program string) (domain.Ladder, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	l, ok := s.versions[program][s.highest[program]]
	return l, ok, ctx.Err()
}
