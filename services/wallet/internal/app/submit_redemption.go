package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// RedemptionDelivery executes the commands of redemptions for a relay. Before a provider is called, the document says that it
// may have the redemption; only then nothing can be cancelled any more, and nobody pays it in another way.
type RedemptionDelivery struct {
	redemptions *Redemptions
	loop        outbox.Loop[*RedemptionDocument]
}

// NewRedemptionDelivery returns the delivery of the commands of r. Of the loop, the fields about retries, time and telemetry
// are kept.
func NewRedemptionDelivery(r *Redemptions, loop outbox.Loop[*RedemptionDocument]) *RedemptionDelivery {
	d := &RedemptionDelivery{redemptions: r, loop: loop}
	d.loop.Load, d.loop.Save, d.loop.Send, d.loop.Apply = d.load, d.save, d.send, d.apply
	d.loop.Box = func(a *RedemptionDocument) *outbox.Box { return &a.Outbox }
	// Each command is saved before the next one is sent, because each says what may have happened.
	d.loop.MaxMessages = 1
	return d
}

// Deliver implements outbox.Deliverer.
func (d *RedemptionDelivery) Deliver(ctx context.Context, lease outbox.Lease) error {
	if err := d.announce(ctx, lease); err != nil {
		return err
	}
	return d.loop.Deliver(ctx, lease)
}

// announce makes the document say that the provider has the redemption or may have it, when that is about to become true.
func (d *RedemptionDelivery) announce(ctx context.Context, lease outbox.Lease) error {
	for range saveAttempts {
		a, err := d.load(ctx, lease.AggregateID, true)
		if err != nil {
			return err
		}
		now := d.redemptions.Clock.Now()
		next, due := a.Outbox.Next(now)
		if a.Outbox.Lease != lease.Token || !due || next.Kind != kindSubmit || !d.payable(a) {
			return nil
		}
		if err := a.Submit(d.redemptions.Provider.Name(), now); err != nil {
			return fmt.Errorf("submit redemption %s, which is %s: %w", a.ID, a.Status, err)
		}
		if err = d.save(ctx, a); !errors.Is(err, outbox.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("announce the submission of %s: %w", lease.AggregateID, outbox.ErrConflict)
}

// payable reports whether the provider at hand may get the redemption: another one that may have it must not lose it.
func (d *RedemptionDelivery) payable(a *RedemptionDocument) bool {
	return a.Status.Open() && (a.Attempts == 0 || a.Provider == d.redemptions.Provider.Name())
}

func (d *RedemptionDelivery) load(ctx context.Context, id string, _ bool) (*RedemptionDocument, error) {
	return d.redemptions.get(ctx, id)
}

func (d *RedemptionDelivery) save(ctx context.Context, a *RedemptionDocument) error {
	return d.redemptions.save(ctx, a)
}

// answer is what a command of a redemption leaves for apply.
type answer struct {
	// At is when the amount was set aside.
	At time.Time `json:"at,omitempty,omitzero"`
	// Receipt is that of the provider.
	Receipt PayoutReceipt `json:"receipt,omitempty,omitzero"`
	// Refused is why the provider refused for good.
	Refused string `json:"refused,omitempty"`
	// End is the final state that the chain knows.
	End domain.RedemptionStatus `json:"end,omitempty"`
}

// send executes one command. It does not change the document.
func (d *RedemptionDelivery) send(ctx context.Context, a *RedemptionDocument, m outbox.Message) outbox.Outcome {
	result, err := d.execute(ctx, a, m)
	if err != nil {
		return failedRedemption(m, err)
	}
	body, err := json.Marshal(result)
	if err != nil {
		return outbox.Outcome{State: outbox.StatePending, Error: fmt.Sprintf("keep the answer: %v", err)}
	}
	return outbox.Succeeded(body)
}

func (d *RedemptionDelivery) execute(ctx context.Context, a *RedemptionDocument, m outbox.Message) (answer, error) {
	switch m.Kind {
	case kindReserve:
		requested, err := d.redemptions.postRequest(ctx, a)
		return answer{At: requested.At}, err
	case kindSubmit:
		return d.submit(ctx, a)
	case kindSettle:
		err := d.redemptions.post(ctx, a)
		if errs.Reason(err) != command.ReasonReused {
			return answer{End: a.Status}, err
		}
		end, err := d.redemptions.endOf(ctx, a)
		return answer{End: end}, err
	default:
		return answer{}, fmt.Errorf("redemption %s has a command of kind %q, which this version does not know", a.ID, m.Kind)
	}
}

func (d *RedemptionDelivery) submit(ctx context.Context, a *RedemptionDocument) (answer, error) {
	if a.Status != domain.RedemptionSubmitted || !d.payable(a) {
		return answer{}, fmt.Errorf("redemption %s is %s with the provider %q, and %q is set up: set the former up again, or confirm it by hand",
			a.ID, a.Status, a.Provider, d.redemptions.Provider.Name())
	}
	receipt, err := d.redemptions.Provider.Submit(ctx, Payout{RedemptionOrder: a.RedemptionOrder, RequestedAt: a.RequestedAt})
	var refused *PayoutRefusedError
	if errors.As(err, &refused) {
		return answer{Refused: refused.Reason}, nil
	}
	return answer{Receipt: receipt}, err
}

// failedRedemption decides about another attempt. Only the account says no for good to setting an amount aside; everything
// else is tried again.
func failedRedemption(m outbox.Message, err error) outbox.Outcome {
	out := outbox.Failed(err)
	if m.Kind != kindReserve {
		out.State = outbox.StatePending
	}
	var e *errs.Error
	if errors.As(err, &e) {
		out.RetryAfter = e.RetryAfter
	}
	return out
}

// apply moves the redemption by what became of a command.
func (d *RedemptionDelivery) apply(a *RedemptionDocument, m outbox.Message, now time.Time) {
	var got answer
	if len(m.Result) > 0 {
		if err := json.Unmarshal(m.Result, &got); err != nil {
			d.complain("the answer to a command of a redemption cannot be read", a)
			return
		}
	}
	switch {
	case m.Kind == kindReserve && m.State == outbox.StateDone:
		a.reserved(got.At, now, d.redemptions.CancelWindow, m.Trace)
	case m.Kind == kindReserve && m.State == outbox.StateRefused && a.Status == domain.RedemptionNew:
		a.Status = domain.RedemptionDropped
	case m.Kind == kindSubmit && m.State == outbox.StateDone:
		d.submitted(a, m, got, now)
	case m.Kind == kindSettle && m.State == outbox.StateDone && got.End != "" && got.End != a.Status:
		d.complain("the ledger knows another end of a redemption than its document; the ledger decides", a)
		a.Status = got.End
	}
}

// submitted applies the answer of a provider. Somebody else may have settled the redemption while it came.
func (d *RedemptionDelivery) submitted(a *RedemptionDocument, m outbox.Message, got answer, now time.Time) {
	o := domain.RedemptionOutcome{Reference: got.Receipt.Reference}
	switch {
	case got.Refused != "":
		o.Status, o.Reason = domain.RedemptionFailed, got.Refused
	case got.Receipt.Paid:
		o.Status = domain.RedemptionPaid
	default:
		if a.Reference == "" {
			a.Reference = got.Receipt.Reference
		}
		if a.Status == domain.RedemptionFailed {
			d.complain("a payout provider accepted a redemption that was told to have failed: compare with the bank", a)
		}
		return
	}
	if _, err := a.settle(o, now, m.Trace); err != nil {
		d.complain("a payout provider answers otherwise than a redemption was settled: compare with the bank", a)
	}
}

func (d *RedemptionDelivery) complain(what string, a *RedemptionDocument) {
	if logger := d.redemptions.Logger; logger != nil {
		logger.Error(what, slog.String("redemption_id", a.ID), slog.String("status", string(a.Status)))
	}
}
