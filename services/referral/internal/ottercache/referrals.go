package ottercache

import (
	"context"
	"errors"

	"github.com/maypok86/otter/v2"

	"github.com/refersuite/refersuite/services/referral/internal/app"
)

// Referrals is an app.ReferralStore in front of another one. It remembers aggregates as they were last written or read by
// this process, for Peek only; whether they are still so is found out by Save. Counts are at most a second old.
type Referrals struct {
	app.ReferralStore

	aggregates *otter.Cache[string, *app.Aggregate]
	counts     *otter.Cache[person, app.Counts]
}

type person struct{ programID, userID string }

// NewReferrals returns a store that remembers up to size aggregates of another.
func NewReferrals(store app.ReferralStore, size int) *Referrals {
	return &Referrals{
		ReferralStore: store,
		aggregates:    otter.Must(&otter.Options[string, *app.Aggregate]{MaximumSize: size}),
		counts: otter.Must(&otter.Options[person, app.Counts]{MaximumSize: size,
			ExpiryCalculator: otter.ExpiryWriting[person, app.Counts](recency)}),
	}
}

// Insert stores a new aggregate and remembers it.
func (s *Referrals) Insert(ctx context.Context, a *app.Aggregate) error {
	err := s.ReferralStore.Insert(ctx, a)
	if err == nil {
		s.wrote(a)
	}
	return err
}

// Save stores the next version and remembers it. After anything but success the aggregate is forgotten.
func (s *Referrals) Save(ctx context.Context, a *app.Aggregate) error {
	err := s.ReferralStore.Save(ctx, a)
	if err != nil {
		s.aggregates.Invalidate(a.ID)
		return err
	}
	s.wrote(a)
	return nil
}

// Get returns the aggregate as of now and remembers it.
func (s *Referrals) Get(ctx context.Context, id string) (*app.Aggregate, error) {
	a, err := s.ReferralStore.Get(ctx, id)
	switch {
	case err == nil:
		s.remember(a)
	case errors.Is(err, app.ErrNotFound):
		s.aggregates.Invalidate(id)
	}
	return a, err
}

// Peek returns the aggregate as it is remembered, or else as of now.
func (s *Referrals) Peek(ctx context.Context, id string) (*app.Aggregate, error) {
	if a, ok := s.aggregates.GetIfPresent(id); ok {
		return a, nil
	}
	return s.Get(ctx, id)
}

// CountByStatus counts the referrals of one referrer, as of a second ago at most.
func (s *Referrals) CountByStatus(ctx context.Context, programID, referrerID string) (app.Counts, error) {
	key := person{programID, referrerID}
	if counts, ok := s.counts.GetIfPresent(key); ok {
		return counts, nil
	}
	counts, err := s.ReferralStore.CountByStatus(ctx, programID, referrerID)
	if err == nil {
		s.counts.Set(key, counts)
	}
	return counts, err
}

func (s *Referrals) wrote(a *app.Aggregate) {
	s.remember(a)
	s.counts.Invalidate(person{a.ProgramID, a.ReferrerID})
}

// remember keeps the newest version it is told of.
func (s *Referrals) remember(a *app.Aggregate) {
	s.aggregates.Compute(a.ID, func(known *app.Aggregate, found bool) (*app.Aggregate, otter.ComputeOp) {
		if found && known.Version > a.Version {
			return known, otter.CancelOp
		}
		return a, otter.WriteOp
	})
}
