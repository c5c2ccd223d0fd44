package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Referrals creates referrals and moves them.
type Referrals struct {
	Store    ReferralStore
	Claims   ClaimStore
	Codes    *Codes
	Programs *Programs
	Fraud    Fraud
	// Dispatch takes over the commands of a write at once; nil leaves them to the polling relay.
	Dispatch Dispatcher
	IDs      IDs
	Clock    clock.Clock
	// LeaseTTL is how long a writer's lease lasts.
	LeaseTTL time.Duration
	// AssessTimeout bounds the synchronous assessment; 0 means 150 ms.
	AssessTimeout time.Duration
}

// IDs makes identifiers that were never made before.
type IDs interface{ NewID() string }

// saveAttempts bounds how often a change is computed again after losing the compare-and-set.
const saveAttempts = 50

// errUnchanged is returned by a change that has nothing to do.
var errUnchanged = errors.New("unchanged")

// change moves an aggregate: it loads, applies and saves with compare-and-set until nobody interferes. Apply may run more
// than once, on fresh copies; it returns the orders that the change causes, or errUnchanged. A refusal is given only on
// the stored state, never on a remembered one.
func (s *Referrals) change(ctx context.Context, id string, apply func(*Aggregate, domain.Terms) ([]domain.Order, error)) (*Aggregate, error) {
	load, exact := s.Store.Peek, false
	for range saveAttempts {
		current, err := load(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return nil, errReferralNotFound(id)
		}
		if err != nil {
			return nil, fmt.Errorf("load referral %s: %w", id, err)
		}
		next, err := s.attempt(ctx, current, apply)
		switch {
		case err == nil:
			return next, nil
		case errors.Is(err, errUnchanged):
			return current, nil
		case !errors.Is(err, ErrConflict) && !isRefusal(err):
			return nil, err
		case isRefusal(err) && exact:
			return nil, refusal(err)
		}
		load, exact = s.Store.Get, true
	}
	return nil, errs.New(errs.Aborted, "REFERRAL_BUSY", "referral %s is being changed by others: try again", id)
}

func (s *Referrals) attempt(ctx context.Context, current *Aggregate, apply func(*Aggregate, domain.Terms) ([]domain.Order, error)) (*Aggregate, error) {
	edition, err := editionOf(ctx, s.Programs.Editions, &current.Referral)
	if err != nil {
		return nil, err
	}
	next := current.Clone()
	orders, err := apply(next, edition.Terms)
	if err != nil {
		return nil, err
	}
	lease, err := s.prepare(ctx, next, orders, edition.Terms)
	if err != nil {
		return nil, err
	}
	if err := s.Store.Save(ctx, next); err != nil {
		return nil, fmt.Errorf("save referral %s: %w", next.ID, err)
	}
	s.dispatch(lease)
	return next, nil
}

func isRefusal(err error) bool {
	var r *domain.Refusal
	return errors.As(err, &r)
}

// editionOf returns the terms that a referral keeps for ever (R9).
func editionOf(ctx context.Context, editions EditionStore, r *domain.Referral) (domain.Edition, error) {
	edition, err := editions.Version(ctx, r.ProgramID, r.ProgramVersion)
	if err != nil {
		return domain.Edition{}, fmt.Errorf("version %d of %s: %w", r.ProgramVersion, r.ProgramID, err)
	}
	return edition, nil
}
