package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// The reasons of refusals of redemptions.
const (
	ReasonAccountFrozen          = "ACCOUNT_FROZEN"
	ReasonAmountTooLarge         = "AMOUNT_TOO_LARGE"
	ReasonAmountTooSmall         = "AMOUNT_TOO_SMALL"
	ReasonDailyLimitReached      = "DAILY_LIMIT_REACHED"
	ReasonPayoutInFlight         = "PAYOUT_IN_FLIGHT"
	ReasonReasonRequired         = "REASON_REQUIRED"
	ReasonRedemptionNotFound     = "REDEMPTION_NOT_FOUND"
	ReasonRedemptionNotSubmitted = "REDEMPTION_NOT_SUBMITTED"
	ReasonRedemptionSettled      = "REDEMPTION_SETTLED"
	ReasonRedemptionSubmitted    = "REDEMPTION_SUBMITTED"
	ReasonSignatureInvalid       = "SIGNATURE_INVALID"
)

// saveAttempts bounds how often a change of a redemption is repeated after somebody else changed it.
const saveAttempts = 16

// Redemptions executes the use cases of redemptions. It is safe for concurrent use, by any number of processes on the same
// stores. The document of a redemption decides what becomes of it, by compare-and-set; the chain of the account executes it,
// each step once. Whatever a crash leaves undone is in the outbox of the document, and a relay finishes it.
type Redemptions struct {
	// Log is the ledger.
	Log Log
	// Store keeps the documents.
	Store RedemptionStore
	// Provider pays.
	Provider PayoutProvider
	// Limits of redemptions, by currency.
	Limits domain.RedemptionLimitTable
	// Zone decides when a day begins.
	Zone *time.Location
	// CancelWindow is how long a redemption waits before it is submitted.
	CancelWindow time.Duration
	// Secret is shared with the provider, who signs its events with it; empty refuses all events.
	Secret []byte
	// Queue takes over what is due at once; nil leaves everything to a poll.
	Queue LeaseQueue
	// LeaseTTL is how long a lease lasts that Queue takes over.
	LeaseTTL time.Duration
	// NewToken makes lease tokens.
	NewToken func() string
	// Observer hears of what happens; nil for nobody.
	Observer RedemptionObserver
	// Clock tells the time.
	Clock clock.Clock
	// Logger gets what a person should look at.
	Logger *slog.Logger
}

// get returns the document of a redemption of any status, or ErrNoRedemption.
func (r *Redemptions) get(ctx context.Context, id string) (*RedemptionDocument, error) {
	d, err := r.Store.Get(ctx, id)
	if errors.Is(err, ErrNoRedemption) {
		return nil, fmt.Errorf("redemption %s: %w", id, err)
	}
	if err != nil {
		return nil, unreadableRedemptions(err)
	}
	d.stored = d.Status
	return d, nil
}

// document returns the document of a redemption that is listed, of one person unless user is empty.
func (r *Redemptions) document(ctx context.Context, user, id string) (*RedemptionDocument, error) {
	d, err := r.get(ctx, id)
	if errors.Is(err, ErrNoRedemption) || err == nil && (!d.Status.Listed() || user != "" && d.UserID != user) {
		return nil, errs.New(errs.NotFound, ReasonRedemptionNotFound, "there is no redemption %q: check the id and the person", id)
	}
	return d, err
}

// change loads a redemption that is listed, changes it and saves it, again when somebody else was faster. A change that
// reports false is not saved. What became due at once is leased to this process in the same write.
func (r *Redemptions) change(ctx context.Context, user, id string, change func(d *RedemptionDocument) (bool, error)) (*RedemptionDocument, bool, error) {
	for range saveAttempts {
		d, err := r.document(ctx, user, id)
		if err != nil {
			return nil, false, err
		}
		changed, err := change(d)
		if err != nil || !changed {
			return d, false, err
		}
		lease := r.acquire(d)
		if err = r.save(ctx, d); err == nil {
			// The caller does itself what the lease is for, and the relay then only records it. So the caller goes first.
			defer r.submit(lease)
			return d, true, r.post(ctx, d)
		}
		if !errors.Is(err, outbox.ErrConflict) {
			return nil, false, unknown(err)
		}
	}
	return nil, false, errs.New(errs.Aborted, "REDEMPTION_CHANGED", "redemption %q is being changed by others: send the same request again", id)
}

// save stores a changed document under the next version.
func (r *Redemptions) save(ctx context.Context, d *RedemptionDocument) error {
	d.Version++
	d.UpdatedAt = r.Clock.Now()
	if err := r.Store.Save(ctx, d); err != nil {
		return err
	}
	if d.Status != d.stored && d.Status.Listed() && r.Observer != nil {
		r.Observer.Moved(ctx, d.Status, d.Currency)
	}
	d.stored = d.Status
	return nil
}

// acquire leases what is due of a document that is about to be saved.
func (r *Redemptions) acquire(d *RedemptionDocument) outbox.Lease {
	if r.Queue == nil {
		return outbox.Lease{}
	}
	token := r.NewToken()
	if !d.Outbox.Acquire(token, r.Clock.Now(), r.LeaseTTL) {
		return outbox.Lease{}
	}
	return outbox.Lease{AggregateID: d.ID, Token: token, DueAt: d.Outbox.DueAt}
}

func (r *Redemptions) submit(l outbox.Lease) {
	if l.Token != "" {
		r.Queue.Submit(l)
	}
}

// unknown makes of an error that a store does not name that the outcome is unknown.
func unknown(err error) error {
	if err == nil || errors.Is(err, outbox.ErrConflict) || errors.Is(err, ErrRedemptionExists) {
		return err
	}
	return errs.OutcomeUnknown(err)
}

func unreadableRedemptions(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("read redemptions: %w", err)
	}
	return errs.New(errs.Unavailable, "STORE_UNAVAILABLE", "redemptions cannot be read: send the same request again").WithCause(err)
}

// explainRedemption gives an error of the domain its code and reason; others pass.
func explainRedemption(id string, err error) error {
	switch {
	case errors.Is(err, domain.ErrAccountFrozen):
		return errs.New(errs.FailedPrecondition, ReasonAccountFrozen, "nothing was redeemed: %w", err)
	case errors.Is(err, domain.ErrDailyLimit):
		return errs.New(errs.FailedPrecondition, ReasonDailyLimitReached, "nothing was redeemed: %w", err)
	case errors.Is(err, domain.ErrAmountTooSmall):
		return errs.Invalid(ReasonAmountTooSmall, "amount_minor", "the amount is %w", err)
	case errors.Is(err, domain.ErrAmountTooLarge):
		return errs.Invalid(ReasonAmountTooLarge, "amount_minor", "the amount is %w", err)
	case errors.Is(err, domain.ErrRedemptionSubmitted):
		return errs.New(errs.FailedPrecondition, ReasonRedemptionSubmitted, "redemption %q cannot be cancelled: %w", id, err)
	case errors.Is(err, domain.ErrRedemptionNotSubmitted):
		return errs.New(errs.FailedPrecondition, ReasonRedemptionNotSubmitted, "redemption %q has no outcome: %w", id, err)
	case errors.Is(err, domain.ErrRedemptionSettled):
		return errs.New(errs.FailedPrecondition, ReasonRedemptionSettled, "redemption %q stays as it is: %w", id, err)
	default:
		return explain(err)
	}
}
