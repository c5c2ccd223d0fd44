package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Request sets the amount of a redemption aside and has it submitted. Idempotent by the id: the same order returns the
// redemption as it is now, with replayed true. A refused order leaves nothing behind, and its id may be used again.
//
// The document is written first, as new, then the posting, then the document as requested. A crash between them is finished
// by the retry or by the relay.
func (r *Redemptions) Request(ctx context.Context, o domain.RedemptionOrder, trace string) (_ domain.Redemption, replayed bool, err error) {
	for range saveAttempts {
		d, err := r.get(ctx, o.ID)
		if err != nil && !errors.Is(err, ErrNoRedemption) {
			return domain.Redemption{}, false, err
		}
		if d != nil && d.Status != domain.RedemptionDropped {
			if d.RedemptionOrder != o {
				return domain.Redemption{}, false, command.ErrReused(o.ID)
			}
			if d.Status.Listed() {
				return d.Redemption, true, nil
			}
		}
		d, err = r.begin(ctx, d, o, trace)
		if errors.Is(err, ErrRedemptionExists) || errors.Is(err, outbox.ErrConflict) {
			continue // somebody else began it
		}
		if err != nil {
			return domain.Redemption{}, false, err
		}
		return r.reserve(ctx, d)
	}
	return domain.Redemption{}, false, errs.New(errs.Aborted, "REDEMPTION_CHANGED", "redemption %q is being requested by others: send the same request again", o.ID)
}

// begin writes the document of a redemption whose amount is about to be set aside, with a ticket for this attempt. Before is
// what is left of an earlier attempt, or nil. What is refused now leaves no document at all.
func (r *Redemptions) begin(ctx context.Context, before *RedemptionDocument, o domain.RedemptionOrder, trace string) (*RedemptionDocument, error) {
	d := &RedemptionDocument{}
	if before != nil {
		d = before.Clone()
	}
	if d.Status != domain.RedemptionNew {
		d.Redemption = domain.Redemption{RedemptionOrder: o, Status: domain.RedemptionNew, Provider: r.Provider.Name(), TraceID: trace}
		if err := r.check(ctx, d.Redemption); err != nil {
			return nil, err
		}
	}
	d.Ticket++
	d.takeTicket(r.Clock.Now(), outbox.TraceOf(ctx))
	if before != nil {
		return d, unknown(r.save(ctx, d))
	}
	d.Version, d.UpdatedAt = 1, r.Clock.Now()
	return d, unknown(r.Store.Insert(ctx, d))
}

// check refuses what would be refused now, so that nothing needs to be written for it. Only the posting itself decides.
func (r *Redemptions) check(ctx context.Context, x domain.Redemption) error {
	limits := r.Limits.For(x.Currency)
	if err := limits.Check(x.Amount, x.Currency); err != nil {
		return explainRedemption(x.ID, err)
	}
	key := domain.AccountKey(x.UserID, x.Currency)
	head, found, err := r.Log.Head(ctx, key)
	if err != nil {
		return err
	}
	var b domain.Balances
	if found {
		b = balances(&head)
	}
	_, refusal := x.Request(b, limits, domain.DayStart(r.Clock.Now(), r.Zone))
	if refusal == nil {
		return nil
	}
	// A posting whose document was lost is found again.
	if _, posted, err := r.Log.Find(ctx, key, domain.RedeemID(x.ID)); posted || err != nil {
		return err
	}
	return explainRedemption(x.ID, refusal)
}

// reserve posts the request and makes the document requested, or drops it when the account refuses.
func (r *Redemptions) reserve(ctx context.Context, d *RedemptionDocument) (domain.Redemption, bool, error) {
	requested, err := r.postRequest(ctx, d)
	if err != nil {
		if errs.IsTransient(err) {
			return domain.Redemption{}, false, err
		}
		return domain.Redemption{}, false, r.drop(ctx, d, err)
	}
	for range saveAttempts {
		moved := d.reserved(requested.At, r.Clock.Now(), r.CancelWindow, outbox.TraceOf(ctx))
		if !moved {
			if d.Status.Listed() {
				return d.Redemption, true, nil // the relay or a racing request was faster
			}
			break
		}
		lease := r.acquire(d)
		if err = r.save(ctx, d); err == nil {
			r.submit(lease)
			return d.Redemption, requested.Replayed, nil
		}
		if !errors.Is(err, outbox.ErrConflict) {
			break
		}
		if d, err = r.get(ctx, d.ID); err != nil {
			break
		}
	}
	return domain.Redemption{}, false, errs.OutcomeUnknown(err)
}

// drop removes what a refused attempt wrote. When somebody else has begun another attempt meanwhile, that one decides.
func (r *Redemptions) drop(ctx context.Context, d *RedemptionDocument, refusal error) error {
	d.drop()
	if err := r.save(ctx, d); err != nil {
		return errs.OutcomeUnknown(fmt.Errorf("%w; then the redemption was not dropped: %w", refusal, err))
	}
	return refusal
}
