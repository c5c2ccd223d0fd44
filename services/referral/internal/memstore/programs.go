package memstore

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Programs is an app.ProgramStore.
type Programs struct {
	mu   sync.RWMutex
	byID map[string]domain.Program
	ids  []string // ascending
}

// NewPrograms returns an empty store.
func NewPrograms() *Programs { return &Programs{byID: map[string]domain.Program{}} }

// Put stores a draft, or returns the one that exists already.
func (s *Programs) Put(ctx context.Context, p domain.Program) (domain.Program, error) {
	if err := ctx.Err(); err != nil {
		return domain.Program{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if stored, ok := s.byID[p.ID]; ok {
		return stored, app.ErrExists
	}
	s.byID[p.ID] = p
	i, _ := slices.BinarySearch(s.ids, p.ID)
	s.ids = slices.Insert(s.ids, i, p.ID)
	return p, nil
}

// Get returns the draft.
func (s *Programs) Get(ctx context.Context, id string) (domain.Program, error) {
	if err := ctx.Err(); err != nil {
		return domain.Program{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	p, ok := s.byID[id]
	if !ok {
		return domain.Program{}, app.ErrNotFound
	}
	return p, nil
}

// List returns drafts by id.
func (s *Programs) List(ctx context.Context, after string, limit int) ([]domain.Program, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, found := slices.BinarySearchFunc(s.ids, after, strings.Compare)
	if found {
		i++
	}
	var list []domain.Program
	for _, id := range s.ids[i:min(len(s.ids), i+limit)] {
		list = append(list, s.byID[id])
	}
	return list, nil
}
