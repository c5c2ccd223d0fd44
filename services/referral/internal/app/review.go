package app

import (
	"context"

	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Review applies a person's decision. The same decision again changes nothing; the opposite one is refused with
// REVIEW_DECIDED.
func (s *Referrals) Review(ctx context.Context, referralID string, v domain.Verdict) (*Aggregate, error) {
	return s.change(ctx, referralID, func(next *Aggregate, t domain.Terms) ([]domain.Order, error) {
		orders, changed, err := next.Decide(v, t, s.Clock.Now())
		if err == nil && !changed {
			return nil, errUnchanged
		}
		return orders, err
	})
}
