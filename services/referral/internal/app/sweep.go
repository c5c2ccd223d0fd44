package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// sweepBatch is how many referrals one query of a sweep returns.
const sweepBatch = 500

// Sweep moves every referral whose time and grace have passed to EXPIRED (R4) and returns how many this call moved. Any
// number of processes may sweep at once: each referral is moved by one of them. A referral that cannot be moved does not
// keep the others of its batch from it; the sweep then ends with its error.
func (s *Referrals) Sweep(ctx context.Context) (int64, error) {
	var expired int64
	var before []string
	for {
		ids, err := s.Store.DueForSweep(ctx, s.Clock.Now(), sweepBatch)
		if err != nil {
			return expired, fmt.Errorf("find expired referrals: %w", err)
		}
		moved, err := s.expireAll(ctx, ids)
		expired += moved
		if err != nil || len(ids) < sweepBatch || slices.Equal(ids, before) {
			return expired, err
		}
		before = ids
	}
}

func (s *Referrals) expireAll(ctx context.Context, ids []string) (expired int64, first error) {
	for _, id := range ids {
		if ctx.Err() != nil {
			return expired, ctx.Err()
		}
		moved, err := s.expire(ctx, id)
		if moved {
			expired++
		}
		if first == nil {
			first = err
		}
	}
	return expired, first
}

func (s *Referrals) expire(ctx context.Context, id string) (moved bool, err error) {
	_, err = s.change(ctx, id, func(next *Aggregate, t domain.Terms) ([]domain.Order, error) {
		if moved = next.Expire(t, s.Clock.Now()); !moved {
			return nil, errUnchanged
		}
		return nil, nil
	})
	if err != nil {
		return false, fmt.Errorf("expire referral %s: %w", id, err)
	}
	return moved, nil
}
