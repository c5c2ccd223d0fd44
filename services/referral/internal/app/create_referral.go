package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Invitation is a request to record that a person was referred. Give a code, or a programme and a referrer.
type Invitation struct {
	// Code is what the referee typed, NFKC-folded.
	Code       string
	ProgramID  string
	ReferrerID string
	RefereeID  string
	// CustomerSince is when the referee became a customer; the zero time when they did not.
	CustomerSince   time.Time
	Facts           domain.Facts
	RefereeContact  domain.Contact
	ReferrerContact domain.Contact
}

// Create records a referral. The claim on the referee is written first: it makes the referral unique and lets a retry
// finish what a crash cut off. The same referee and referrer again is a replay.
func (s *Referrals) Create(ctx context.Context, in Invitation) (a *Aggregate, replayed bool, err error) {
	link, err := s.resolve(ctx, in)
	if err != nil {
		return nil, false, err
	}
	if a, refusal := s.admit(ctx, in, link); a != nil || refusal != nil {
		return a, a != nil, refusal
	}
	edition, err := s.Programs.published(ctx, link.programID)
	if err != nil {
		return nil, false, err
	}
	claim, fresh, err := s.claim(ctx, in, link)
	if err != nil {
		return nil, false, err
	}
	if !fresh {
		a, err := s.Store.Peek(ctx, claim.ReferralID)
		if err == nil {
			return a, true, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return nil, false, fmt.Errorf("referral of %s: %w", in.RefereeID, err)
		}
	}
	return s.insert(ctx, in, link, claim, edition, fresh)
}

// insert assesses the referral and stores it. Whoever finds the referral of the claim stored meanwhile returns that one.
func (s *Referrals) insert(ctx context.Context, in Invitation, l link, claim domain.Claim, edition domain.Edition, fresh bool) (*Aggregate, bool, error) {
	review := s.assess(ctx, Assessment{ProgramID: l.programID, ReferralID: claim.ReferralID, ReferrerID: l.referrerID,
		RefereeID: in.RefereeID, Code: l.code.Key, OccurredAt: claim.CreatedAt, Facts: in.Facts})
	referral, orders := domain.Create(claim, l.code.Text, edition, review, in.Facts)
	a := &Aggregate{Referral: referral}
	lease, err := s.prepare(ctx, a, orders, edition.Terms)
	if err != nil {
		return nil, false, err
	}
	err = s.Store.Insert(ctx, a)
	if errors.Is(err, ErrExists) {
		stored, err := s.Store.Get(ctx, a.ID)
		if err != nil {
			return nil, false, fmt.Errorf("referral of %s: %w", in.RefereeID, err)
		}
		return stored, true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("store referral of %s: %w", in.RefereeID, err)
	}
	if !fresh { // the claim was another call's, which may have given it up in between
		if kept, err := s.Claims.Put(ctx, claim); err != nil && !(errors.Is(err, ErrExists) && kept.ReferralID == claim.ReferralID) {
			return nil, false, errs.OutcomeUnknown(fmt.Errorf("claim of %s: %w", in.RefereeID, err))
		}
	}
	s.dispatch(lease)
	return a, false, nil
}

// link is who referred whom where.
type link struct {
	code       domain.Code
	usable     bool
	programID  string
	referrerID string
}

func (s *Referrals) resolve(ctx context.Context, in Invitation) (link, error) {
	if in.Code == "" {
		if in.ProgramID == "" || in.ReferrerID == "" {
			return link{}, errs.Invalid("REFERRER_MISSING", "code", "give a code, or program_id and referrer_id")
		}
		return link{usable: true, programID: in.ProgramID, referrerID: in.ReferrerID}, nil
	}
	if in.ReferrerID != "" {
		return link{}, errs.Invalid("REFERRER_UNEXPECTED", "referrer_id", "the code names the referrer: leave referrer_id empty")
	}
	code, usable, err := s.Codes.find(ctx, in.Code)
	if err != nil {
		return link{}, err
	}
	if code.Key == "" || in.ProgramID != "" && in.ProgramID != code.ProgramID {
		return link{}, errCodeNotFound()
	}
	return link{code: code, usable: usable, programID: code.ProgramID, referrerID: code.OwnerID}, nil
}
