package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// admit refuses who may not be referred (R6, R7). A retry of a referral that was admitted is recognised by its claim: the
// code may have been disabled since, and now is later than it was.
func (s *Referrals) admit(ctx context.Context, in Invitation, l link) (*Aggregate, error) {
	if in.RefereeID == l.referrerID || domain.SameContact(in.RefereeContact, in.ReferrerContact) {
		return nil, errs.New(errs.FailedPrecondition, "SELF_REFERRAL", "%s cannot be referred by themselves", in.RefereeID)
	}
	no := s.ineligible(ctx, in, l)
	if no == nil {
		return nil, nil //nolint:nilnil // neither a replay nor a refusal: go on
	}
	claim, err := s.Claims.Get(ctx, l.programID, in.RefereeID)
	if errors.Is(err, ErrNotFound) || err == nil && claim.ReferrerID != l.referrerID {
		return nil, no
	}
	if err != nil {
		return nil, fmt.Errorf("claim of %s: %w", in.RefereeID, err)
	}
	a, err := s.Store.Peek(ctx, claim.ReferralID)
	if errors.Is(err, ErrNotFound) {
		return nil, no
	}
	return a, err
}

func (s *Referrals) ineligible(ctx context.Context, in Invitation, l link) error {
	if !l.usable {
		return errCodeNotFound()
	}
	if in.CustomerSince.IsZero() || !in.CustomerSince.Before(s.Clock.Now()) {
		return nil
	}
	edition, err := s.Programs.published(ctx, l.programID)
	if err != nil || edition.Terms.AllowExistingCustomers {
		return err
	}
	return errs.New(errs.FailedPrecondition, "EXISTING_CUSTOMER",
		"%s has been a customer since %s, and programme %s is for new customers", in.RefereeID, in.CustomerSince.Format(time.RFC3339), l.programID)
}

// claim binds the referee to the referrer, or finds the claim that does. A claim that closes a cycle is given up again:
// it is checked after it is written, so that of two people who refer each other at once at least one sees the other.
func (s *Referrals) claim(ctx context.Context, in Invitation, l link) (claim domain.Claim, fresh bool, err error) {
	wanted := domain.Claim{ProgramID: l.programID, RefereeID: in.RefereeID, ReferrerID: l.referrerID,
		ReferralID: s.IDs.NewID(), CreatedAt: s.Clock.Now()}
	claim, err = s.Claims.Put(ctx, wanted)
	switch {
	case err == nil:
		claim, fresh = wanted, true
	case !errors.Is(err, ErrExists):
		return domain.Claim{}, false, fmt.Errorf("claim %s: %w", in.RefereeID, err)
	case claim.ReferrerID != l.referrerID:
		return domain.Claim{}, false, errs.New(errs.AlreadyExists, "REFEREE_ALREADY_REFERRED",
			"%s was already referred in programme %s, and the first referrer stays", in.RefereeID, l.programID)
	case claim.ReferralID == wanted.ReferralID:
		fresh = true
	}
	if !fresh {
		return claim, false, nil
	}
	cycle, err := s.closesCycle(ctx, claim)
	if err != nil {
		return domain.Claim{}, false, fmt.Errorf("referrers of %s: %w", l.referrerID, err)
	}
	if !cycle {
		return claim, true, nil
	}
	if err := s.Claims.Release(ctx, claim); err != nil {
		return domain.Claim{}, false, fmt.Errorf("give up the claim of %s: %w", in.RefereeID, err)
	}
	return domain.Claim{}, false, errs.New(errs.FailedPrecondition, "REFERRAL_CYCLE",
		"%s was referred, through others, by %s: they cannot refer them back", l.referrerID, in.RefereeID)
}

// closesCycle walks up from the referrer. Only a referee who has referred somebody can be found there.
func (s *Referrals) closesCycle(ctx context.Context, c domain.Claim) (bool, error) {
	referred, err := s.Claims.HasReferred(ctx, c.ProgramID, c.RefereeID)
	if err != nil || !referred {
		return false, err
	}
	seen := map[string]bool{}
	for person := c.ReferrerID; !seen[person]; {
		seen[person] = true
		above, err := s.Claims.Get(ctx, c.ProgramID, person)
		if errors.Is(err, ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if person = above.ReferrerID; person == c.RefereeID {
			return true, nil
		}
	}
	return false, nil
}
