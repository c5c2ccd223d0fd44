package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Get returns a referral as of now.
func (s *Referrals) Get(ctx context.Context, id string) (*Aggregate, error) {
	a, err := s.Store.Get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, errReferralNotFound(id)
	}
	if err != nil {
		return nil, fmt.Errorf("referral %s: %w", id, err)
	}
	return a, nil
}

// List returns referrals of one referrer, newest first, at most limit.
func (s *Referrals) List(ctx context.Context, q ListQuery, after Cursor, limit int) ([]*Aggregate, error) {
	list, err := s.Store.List(ctx, q, after, limit)
	if err != nil {
		return nil, fmt.Errorf("referrals of %s: %w", q.ReferrerID, err)
	}
	return list, nil
}

// Stats are the referrals of one referrer by their present status.
type Stats struct {
	Counts
	// Total is how many were created.
	Total int64
	// ConversionPerMille is how many of a thousand created converted, rounded down.
	ConversionPerMille int64
}

// Stats counts the referrals of one referrer in one programme.
func (s *Referrals) Stats(ctx context.Context, programID, referrerID string) (Stats, error) {
	counts, err := s.Store.CountByStatus(ctx, programID, referrerID)
	if err != nil {
		return Stats{}, fmt.Errorf("count referrals of %s: %w", referrerID, err)
	}
	stats := Stats{Counts: counts}
	for _, n := range counts.ByStatus {
		stats.Total += n
	}
	if stats.Total > 0 {
		stats.ConversionPerMille = counts.Converted * 1000 / stats.Total
	}
	return stats, nil
}

// MessageOf is one payout step as the outbox holds it.
type MessageOf struct {
	Order     domain.Order
	State     string
	Attempts  int
	LastError string
}

// Payouts returns the durable steps of paying for a referral, in the order in which they were caused. Steps that concern
// the referral itself are not among them.
func (a *Aggregate) Payouts() ([]MessageOf, error) {
	steps := make([]MessageOf, 0, len(a.Outbox.Messages))
	for i := range a.Outbox.Messages {
		m := &a.Outbox.Messages[i]
		if k := domain.Kind(m.Kind); k == domain.AssessReferral || k == domain.CompleteSelf {
			continue
		}
		o, err := orderOf(m)
		if err != nil {
			return nil, err
		}
		steps = append(steps, MessageOf{Order: o, State: string(m.State), Attempts: m.Attempts, LastError: m.LastError})
	}
	return steps, nil
}
