package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Target names a referral: by its id, or by programme and referee.
type Target struct {
	ReferralID string
	ProgramID  string
	RefereeID  string
}

// RecordEvent applies what a referee did. A replay changes nothing and is reported as such.
func (s *Referrals) RecordEvent(ctx context.Context, target Target, e domain.Event) (a *Aggregate, replayed bool, err error) {
	if err := domain.CheckEvent(e, s.Clock.Now()); err != nil {
		return nil, false, refusal(err)
	}
	id, err := s.target(ctx, target)
	if err != nil {
		return nil, false, err
	}
	a, err = s.change(ctx, id, func(next *Aggregate, t domain.Terms) ([]domain.Order, error) {
		if !target.matches(next) {
			return nil, errReferralNotFound(fmt.Sprintf("%s of %s in programme %s", id, target.RefereeID, target.ProgramID))
		}
		orders, seen, err := next.Record(e, t, s.Clock.Now())
		if replayed = seen; seen {
			return nil, errUnchanged
		}
		return orders, err
	})
	return a, replayed, err
}

// target finds the referral's id. Claims never change, so a claim is as good as the referral.
func (s *Referrals) target(ctx context.Context, t Target) (string, error) {
	if t.ReferralID != "" {
		return t.ReferralID, nil
	}
	if t.ProgramID == "" || t.RefereeID == "" {
		return "", errs.Invalid("EVENT_TARGET_MISSING", "referral_id", "name the referral, or give program_id and referee_id")
	}
	claim, err := s.Claims.Peek(ctx, t.ProgramID, t.RefereeID)
	if errors.Is(err, ErrNotFound) {
		return "", errReferralNotFound(fmt.Sprintf("of %s in programme %s", t.RefereeID, t.ProgramID))
	}
	if err != nil {
		return "", fmt.Errorf("claim of %s: %w", t.RefereeID, err)
	}
	return claim.ReferralID, nil
}

// matches reports whether the parts of the target agree with each other.
func (t Target) matches(a *Aggregate) bool {
	return (t.ProgramID == "" || t.ProgramID == a.ProgramID) && (t.RefereeID == "" || t.RefereeID == a.RefereeID)
}
