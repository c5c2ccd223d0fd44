package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// sweepBatch is how many referrals one query of a sweep returns.
const sweepBatch = 500

// Sweep moves every referral whose time and grace have passed to EXPIRED (R4) and returns how many this call moved. Any
// number of processes may sweep at once: each referral is moved by one of them.
func (s *Referrals) Sweep(ctx context.Context) (int64, error) {
	var expired int64
	for {
		ids, err := s.Store.DueForSweep(ctx, s.Clock.Now(), sweepBatch)
		if err != nil {
			return expired, fmt.Errorf("find expired referrals: %w", err)
		}
		for _, id := range ids {
			moved, err := s.expire(ctx, id)
			if err != nil {
				return expired, err
			}
			if moved {
				expired++
			}
		}
		if len(ids) < sweepBatch {
			return expired, nil
		}
	}
}

func (s *Referrals) expire(ctx context.Context, id string) (moved bool, err error) {
	_, err = s.change(ctx, id, func(next *Aggregate, t domain.Terms) ([]domain.Order, error) {
		if moved = next.Expire(t, s.Clock.Now()); !moved {
			return nil, errUnchanged
		}
		return nil, nil
	})
	if err != nil && !errors.Is(err, ErrConflict) {
		return false, fmt.Errorf("expire referral %s: %w", id, err)
	}
	return moved, nil
}
