package memstore

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/outbox/memoutbox"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Redemptions is an app.RedemptionStore and the outbox.Source over it.
type Redemptions struct {
	*memoutbox.Store[*app.RedemptionDocument]

	mu sync.RWMutex
	// ids of all documents, ascending.
	ids []string
	// all and people hold what is listed, the oldest first.
	all    []app.RedemptionCursor
	people map[string][]app.RedemptionCursor
	status map[string]domain.RedemptionStatus
}

// NewRedemptions returns an empty store.
func NewRedemptions() *Redemptions {
	return &Redemptions{
		Store: memoutbox.New(memoutbox.Access[*app.RedemptionDocument]{
			Box:     func(d **app.RedemptionDocument) *outbox.Box { return &(*d).Outbox },
			Version: func(d **app.RedemptionDocument) *int64 { return &(*d).Version },
			Clone:   func(d *app.RedemptionDocument) *app.RedemptionDocument { return d.Clone() },
		}),
		people: map[string][]app.RedemptionCursor{},
		status: map[string]domain.RedemptionStatus{},
	}
}

// Insert stores a new document.
func (s *Redemptions) Insert(ctx context.Context, d *app.RedemptionDocument) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.Store.Insert(d.ID, d) {
		return app.ErrRedemptionExists
	}
	at, _ := slices.BinarySearch(s.ids, d.ID)
	s.ids = slices.Insert(s.ids, at, d.ID)
	s.index(d)
	return nil
}

// Save replaces the document whose stored version is d.Version-1.
func (s *Redemptions) Save(ctx context.Context, d *app.RedemptionDocument) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	replaces := *d
	replaces.Version--
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.Store.Save(d.ID, &replaces); err != nil {
		return err
	}
	s.index(d)
	return nil
}

// index notes the state of a document, and its place in the lists once it has one, which never changes.
func (s *Redemptions) index(d *app.RedemptionDocument) {
	listed := s.status[d.ID].Listed()
	s.status[d.ID] = d.Status
	if listed || !d.Status.Listed() {
		return
	}
	c := app.RedemptionCursor{RequestedAt: d.RequestedAt, ID: d.ID}
	s.all, s.people[d.UserID] = insert(s.all, c), insert(s.people[d.UserID], c)
}

func insert(list []app.RedemptionCursor, c app.RedemptionCursor) []app.RedemptionCursor {
	at, _ := slices.BinarySearchFunc(list, c, older)
	return slices.Insert(list, at, c)
}

func older(a, b app.RedemptionCursor) int {
	return cmp.Or(a.RequestedAt.Compare(b.RequestedAt), cmp.Compare(a.ID, b.ID))
}

// Get returns the document as of now.
func (s *Redemptions) Get(ctx context.Context, id string) (*app.RedemptionDocument, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d, ok := s.Store.Get(id)
	if !ok {
		return nil, app.ErrNoRedemption
	}
	return d, nil
}

// List returns what is listed, newest first.
func (s *Redemptions) List(ctx context.Context, q app.RedemptionQuery, after app.RedemptionCursor, limit int) ([]*app.RedemptionDocument, error) {
	return s.documents(ctx, s.selected(q, after, limit))
}

func (s *Redemptions) selected(q app.RedemptionQuery, after app.RedemptionCursor, limit int) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := s.all
	if q.UserID != "" {
		list = s.people[q.UserID]
	}
	end := len(list)
	if after != (app.RedemptionCursor{}) {
		end, _ = slices.BinarySearchFunc(list, after, older)
	}
	var ids []string
	for i := end - 1; i >= 0 && len(ids) < limit; i-- {
		if q.Status == "" || s.status[list[i].ID] == q.Status {
			ids = append(ids, list[i].ID)
		}
	}
	return ids
}

// OldestOpen returns when the longest open redemption was requested.
func (s *Redemptions) OldestOpen(ctx context.Context) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, c := range s.all {
		if s.status[c.ID].Open() {
			return c.RequestedAt, nil
		}
	}
	return time.Time{}, nil
}

// Walk returns documents in the order of their ids.
func (s *Redemptions) Walk(ctx context.Context, afterID string, limit int) ([]*app.RedemptionDocument, error) {
	s.mu.RLock()
	at, found := slices.BinarySearch(s.ids, afterID)
	if found {
		at++
	}
	ids := slices.Clone(s.ids[at:min(at+limit, len(s.ids))])
	s.mu.RUnlock()
	return s.documents(ctx, ids)
}

func (s *Redemptions) documents(ctx context.Context, ids []string) ([]*app.RedemptionDocument, error) {
	var list []*app.RedemptionDocument
	for _, id := range ids {
		d, err := s.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}
