package storetest

import (
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// answering starts a house whose bank answers as told, with one funded and requested redemption x1 of ann.
func answering(t *testing.T, open OpenRedemptions, answer func(app.Payout) (app.PayoutReceipt, error)) (*house, *process, *recordingBank) {
	t.Helper()
	h := newHouse(t, open)
	b := &recordingBank{answer: answer}
	h.bank = b
	p := h.live(t)
	p.fund(t, "ann", 5000)
	p.request(t, "x1", "ann", 2000)
	return h, p, b
}

// M7ProviderSaysNo checks that a final refusal gives the money back.
func M7ProviderSaysNo(t *testing.T, open OpenRedemptions) {
	_, p, _ := answering(t, open, func(app.Payout) (app.PayoutReceipt, error) {
		return app.PayoutReceipt{}, &app.PayoutRefusedError{Reason: "UNKNOWN_DESTINATION"}
	})
	p.settle(t)
	if x := p.wantRedemption(t, "ann", "x1", domain.RedemptionFailed); x.Reason != "UNKNOWN_DESTINATION" || x.SettledAt.IsZero() {
		t.Fatalf("got %+v", x)
	}
	p.wantFunds(t, "ann", 5000, 0)
}

// M7ProviderPaysAtOnce checks that a provider may answer that it has paid.
func M7ProviderPaysAtOnce(t *testing.T, open OpenRedemptions) {
	_, p, _ := answering(t, open, func(app.Payout) (app.PayoutReceipt, error) {
		return app.PayoutReceipt{Reference: "r", Paid: true}, nil
	})
	p.settle(t)
	if x := p.wantRedemption(t, "ann", "x1", domain.RedemptionPaid); x.Reference != "r" {
		t.Fatalf("got %+v", x)
	}
	p.wantFunds(t, "ann", 3000, 0)
}

// M7ProviderIsTriedAgain checks that no other answer settles anything, that a wait is kept, and attempts are counted.
func M7ProviderIsTriedAgain(t *testing.T, open OpenRedemptions) {
	var answers []error
	h, p, b := answering(t, open, func(app.Payout) (app.PayoutReceipt, error) {
		if len(answers) == 0 {
			return app.PayoutReceipt{}, nil
		}
		err := answers[0]
		answers = answers[1:]
		return app.PayoutReceipt{}, err
	})
	answers = []error{
		errs.New(errs.Unavailable, "DOWN", "no answer"),
		errs.New(errs.InvalidArgument, "ODD", "this code is not a final no"),
		errs.New(errs.Unavailable, "BUSY", "later").WithRetryAfter(time.Hour),
	}
	p.settle(t)
	for range 4 {
		h.clock.Advance(2 * time.Minute)
		p.settle(t)
	}
	if x := p.wantRedemption(t, "ann", "x1", domain.RedemptionSubmitted); x.Attempts != 3 {
		t.Fatalf("before the hour is over: %+v", x)
	}
	_, _, err := p.Cancel(t.Context(), "ann", "x1", "ann", "")
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonRedemptionSubmitted)
	h.clock.Advance(time.Hour)
	p.settle(t)
	if x := p.wantRedemption(t, "ann", "x1", domain.RedemptionSubmitted); x.Attempts != 4 || b.calls["x1"] != 4 {
		t.Fatalf("got %+v, %d calls", x, b.calls["x1"])
	}
	p.wantFunds(t, "ann", 3000, 2000)
}

// M7AnotherProviderNeverGetsIt checks that a redemption which a provider may have is not given to the next one.
func M7AnotherProviderNeverGetsIt(t *testing.T, open OpenRedemptions) {
	h, p, _ := answering(t, open, func(app.Payout) (app.PayoutReceipt, error) {
		return app.PayoutReceipt{}, errs.New(errs.Unavailable, "LOST", "no answer")
	})
	p.settle(t)
	p.request(t, "x2", "ann", 1000) // never submitted by the first
	next := &recordingBank{name: "other"}
	h.bank = next
	q := h.live(t)
	for range 5 {
		h.clock.Advance(time.Minute)
		q.settle(t)
	}
	if next.payouts(t, "x1") != 0 || next.payouts(t, "x2") != 1 {
		t.Fatalf("the other provider got %v", next.calls)
	}
	if x := q.wantRedemption(t, "ann", "x1", domain.RedemptionSubmitted); x.Provider != "bank" || x.Attempts != 1 {
		t.Fatalf("got %+v", x)
	}
	if x := q.wantRedemption(t, "ann", "x2", domain.RedemptionSubmitted); x.Provider != "other" {
		t.Fatalf("got %+v", x)
	}
	_, _, err := q.Confirm(t.Context(), "x1", domain.RedemptionOutcome{Status: domain.RedemptionPaid})
	must(t, err)
	q.settle(t)
	q.wantFunds(t, "ann", 2000, 1000)
}

// signed returns an event about x1, signed now.
func (h *house) signed(outcome domain.RedemptionStatus, reason string) app.PayoutEvent {
	e := app.PayoutEvent{RedemptionID: "x1", Outcome: outcome, Reference: "bank-7", Reason: reason, Timestamp: h.clock.Now().Unix()}
	e.Signature = e.Sign(secret)
	return e
}

// M7EventsMustBeSigned checks signature, time, provider and state of events.
func M7EventsMustBeSigned(t *testing.T, open OpenRedemptions) {
	h, p, _ := answering(t, open, nil)
	err := p.Receive(t.Context(), h.signed(domain.RedemptionPaid, ""))
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonRedemptionNotSubmitted)
	p.settle(t)
	for name, change := range map[string]func(*app.PayoutEvent){
		"signature":    func(e *app.PayoutEvent) { e.Signature = "00" + e.Signature[2:] },
		"no signature": func(e *app.PayoutEvent) { e.Signature = "" },
		"outcome":      func(e *app.PayoutEvent) { e.Outcome = domain.RedemptionFailed },
		"redemption":   func(e *app.PayoutEvent) { e.RedemptionID = "x2" },
		"reference":    func(e *app.PayoutEvent) { e.Reference = "bank-8" },
		"reason":       func(e *app.PayoutEvent) { e.Reason = "R" },
		"time":         func(e *app.PayoutEvent) { e.Timestamp++ },
		"too old":      func(e *app.PayoutEvent) { e.Timestamp -= 301; e.Signature = e.Sign(secret) },
		"too early":    func(e *app.PayoutEvent) { e.Timestamp += 301; e.Signature = e.Sign(secret) },
		"another key":  func(e *app.PayoutEvent) { e.Signature = e.Sign([]byte("another secret of 16 bytes")) },
		"two lines":    func(e *app.PayoutEvent) { e.Reference = "a\nb"; e.Signature = e.Sign(secret) },
	} {
		e := h.signed(domain.RedemptionPaid, "")
		change(&e)
		if err := p.Receive(t.Context(), e); errs.Reason(err) != app.ReasonSignatureInvalid || errs.CodeOf(err) != errs.Unauthenticated {
			t.Errorf("%s: got %v", name, err)
		}
	}
	unsecured := h.live(t)
	unsecured.Secret = nil
	wantRefusal(t, unsecured.Receive(t.Context(), h.signed(domain.RedemptionPaid, "")), errs.Unauthenticated, app.ReasonSignatureInvalid)
	h.bank = &recordingBank{name: "other"}
	wantRefusal(t, h.live(t).Receive(t.Context(), h.signed(domain.RedemptionPaid, "")), errs.NotFound, app.ReasonRedemptionNotFound)
	p.wantRedemption(t, "ann", "x1", domain.RedemptionSubmitted)
	p.wantFunds(t, "ann", 3000, 2000)
}

// M7EventsAreReplayed checks that an event counts once, and that another outcome is refused.
func M7EventsAreReplayed(t *testing.T, open OpenRedemptions) {
	h, p, _ := answering(t, open, nil)
	p.settle(t)
	for range 3 {
		must(t, p.Receive(t.Context(), h.signed(domain.RedemptionFailed, "")))
		p.settle(t)
		h.clock.Advance(4 * time.Minute)
	}
	if x := p.wantRedemption(t, "ann", "x1", domain.RedemptionFailed); x.Reason != "UNSPECIFIED" || x.Reference != "bank-7" {
		t.Fatalf("got %+v", x)
	}
	err := p.Receive(t.Context(), h.signed(domain.RedemptionPaid, ""))
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonRedemptionSettled)
	p.wantFunds(t, "ann", 5000, 0)
}

// M7FailureIsNotConfirmedWhileInFlight has an administrator confirm a failure, and the provider tell its outcome, while the
// provider is being called.
func M7FailureIsNotConfirmedWhileInFlight(t *testing.T, open OpenRedemptions) {
	var p *process
	var h *house
	var confirm, event error
	h, p, _ = answering(t, open, func(app.Payout) (app.PayoutReceipt, error) {
		_, _, confirm = p.Confirm(t.Context(), "x1", domain.RedemptionOutcome{Status: domain.RedemptionFailed, Reason: "NOT_SEEN"})
		event = p.Receive(t.Context(), h.signed(domain.RedemptionPaid, ""))
		return app.PayoutReceipt{Reference: "late"}, nil
	})
	p.settle(t)
	wantRefusal(t, confirm, errs.Aborted, app.ReasonPayoutInFlight)
	must(t, event)
	if x := p.wantRedemption(t, "ann", "x1", domain.RedemptionPaid); x.Reference != "bank-7" {
		t.Fatalf("got %+v", x)
	}
	p.wantFunds(t, "ann", 3000, 0)
}
