package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// M7RequestSubmitConfirm follows one redemption to its end.
func M7RequestSubmitConfirm(t *testing.T, open OpenRedemptions) {
	h := newHouse(t, open)
	h.window = time.Minute
	p := h.live(t)
	p.fund(t, "ann", 5000)
	x := p.request(t, "x1", "ann", 2000)
	if x.Status != domain.RedemptionRequested || !x.RequestedAt.Equal(noon) || x.Provider != "bank" || x.Attempts != 0 {
		t.Fatalf("got %+v", x)
	}
	p.wantFunds(t, "ann", 3000, 2000)
	p.settle(t)
	p.wantRedemption(t, "ann", "x1", domain.RedemptionRequested) // the window is open
	_, _, err := p.Confirm(t.Context(), "x1", domain.RedemptionOutcome{Status: domain.RedemptionPaid})
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonRedemptionNotSubmitted)

	h.clock.Advance(time.Minute)
	p.settle(t)
	x = p.wantRedemption(t, "ann", "x1", domain.RedemptionSubmitted)
	if x.Attempts != 1 || x.Reference != "ref-x1" || !x.SubmittedAt.Equal(noon.Add(time.Minute)) {
		t.Fatalf("got %+v", x)
	}
	p.wantFunds(t, "ann", 3000, 2000)
	h.clock.Advance(time.Minute)
	for _, replayed := range []bool{false, true} {
		x, again, err := p.Confirm(t.Context(), "x1", domain.RedemptionOutcome{Status: domain.RedemptionPaid, Reference: "bank-7", Reason: "ignored", Actor: "root"})
		if err != nil || again != replayed || x.Status != domain.RedemptionPaid || x.Reference != "bank-7" || x.Reason != "" || x.Actor != "root" ||
			!x.SettledAt.Equal(noon.Add(2*time.Minute)) {
			t.Fatalf("got %+v, %v, %v", x, again, err)
		}
	}
	p.settle(t)
	p.wantFunds(t, "ann", 3000, 0)
	_, _, err = p.Confirm(t.Context(), "x1", domain.RedemptionOutcome{Status: domain.RedemptionFailed, Reason: "NO"})
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonRedemptionSettled)
	_, _, err = p.Cancel(t.Context(), "ann", "x1", "ann", "")
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonRedemptionSettled)
	if n := h.bank.payouts(t, "x1"); n != 1 {
		t.Fatalf("%d payouts", n)
	}
}

// M7RefusalsLeaveNothing checks each refusal: typed, and nothing is written.
func M7RefusalsLeaveNothing(t *testing.T, open OpenRedemptions) {
	h := newHouse(t, open)
	p := h.live(t)
	p.fund(t, "ann", 6000)
	p.fund(t, "ice", 6000)
	p.fund(t, "rich", 20000)
	_, _, err := p.ledger.ChangeStatus(t.Context(), domain.StatusChange{User: "ice", Currency: "INR", To: domain.AccountFrozen, Reason: "CHECK", Actor: "root"})
	must(t, err)
	_, _, err = p.ledger.ChangeStatus(t.Context(), domain.StatusChange{User: "gone", Currency: "INR", To: domain.AccountClosed, Reason: "LEFT", Actor: "root"})
	must(t, err)
	p.request(t, "r1", "rich", 5000)
	for reason, o := range map[string]domain.RedemptionOrder{
		app.ReasonInsufficientFunds: orderOf("x1", "nobody", 2000),
		app.ReasonAccountFrozen:     orderOf("x1", "ice", 2000),
		app.ReasonAccountClosed:     orderOf("x1", "gone", 2000),
		app.ReasonAmountTooSmall:    orderOf("x1", "ann", 99),
		app.ReasonAmountTooLarge:    orderOf("x1", "ann", 5001),
		app.ReasonDailyLimitReached: orderOf("x1", "rich", 3001),
	} {
		_, _, err := p.Request(t.Context(), o, "")
		code := errs.FailedPrecondition
		if o.Amount == 99 || o.Amount == 5001 {
			code = errs.InvalidArgument
		}
		wantRefusal(t, err, code, reason)
		if _, err := h.stores.Redemptions.Get(t.Context(), "x1"); !errors.Is(err, app.ErrNoRedemption) {
			t.Errorf("%s left a document: %v", reason, err)
		}
	}
	p.request(t, "x1", "ann", 2000) // the id is free
	p.wantFunds(t, "ann", 4000, 2000)
	p.wantFunds(t, "rich", 15000, 5000)
	_, _, err = p.Confirm(t.Context(), "x1", domain.RedemptionOutcome{Status: domain.RedemptionFailed})
	wantRefusal(t, err, errs.InvalidArgument, app.ReasonReasonRequired)
}

// M7RequestsAreReplayed checks that an id is requested once, in one process and across processes.
func M7RequestsAreReplayed(t *testing.T, open OpenRedemptions) {
	h := newHouse(t, open)
	p := h.live(t)
	p.fund(t, "ann", 5000)
	first := p.request(t, "x1", "ann", 2000)
	for _, process := range []*process{p, h.live(t)} {
		again, replayed, err := process.Request(t.Context(), orderOf("x1", "ann", 2000), "")
		if err != nil || !replayed || again != first {
			t.Fatalf("got %+v, %v, %v", again, replayed, err)
		}
		for _, other := range []domain.RedemptionOrder{orderOf("x1", "bob", 2000), orderOf("x1", "ann", 2001)} {
			_, _, err := process.Request(t.Context(), other, "")
			wantRefusal(t, err, errs.AlreadyExists, command.ReasonReused)
		}
	}
	p.wantFunds(t, "ann", 3000, 2000)
}

// M7DailyLimitGivesBack checks that what was not paid does not count, and that a new day counts anew.
func M7DailyLimitGivesBack(t *testing.T, open OpenRedemptions) {
	h := newHouse(t, open)
	h.window = time.Hour
	p := h.live(t)
	p.fund(t, "ann", 50000)
	p.request(t, "x1", "ann", 5000)
	_, _, err := p.Request(t.Context(), orderOf("x2", "ann", 3001), "")
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonDailyLimitReached)
	_, _, err = p.Cancel(t.Context(), "ann", "x1", "ann", "")
	must(t, err)
	p.request(t, "x2", "ann", 5000)
	p.request(t, "x3", "ann", 3000)
	h.clock.Advance(12 * time.Hour) // midnight
	p.request(t, "x4", "ann", 5000)
	p.settle(t)
	_, _, err = p.Confirm(t.Context(), "x2", domain.RedemptionOutcome{Status: domain.RedemptionFailed, Reason: "NO"})
	must(t, err)
	_, _, err = p.Request(t.Context(), orderOf("x5", "ann", 3001), "") // yesterday's failure frees nothing today
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonDailyLimitReached)
	p.wantFunds(t, "ann", 42000, 8000)
}

// M7CancelOnlyBeforeSubmission checks cancellation and its replay.
func M7CancelOnlyBeforeSubmission(t *testing.T, open OpenRedemptions) {
	h := newHouse(t, open)
	h.window = time.Minute
	p := h.live(t)
	p.fund(t, "ann", 5000)
	p.request(t, "x1", "ann", 2000)
	p.request(t, "x2", "ann", 1000)
	for _, replayed := range []bool{false, true} {
		x, again, err := p.Cancel(t.Context(), "ann", "x1", "ann", "")
		if err != nil || again != replayed || x.Status != domain.RedemptionCancelled || x.Reason != app.ReasonCancelled {
			t.Fatalf("got %+v, %v, %v", x, again, err)
		}
	}
	h.clock.Advance(time.Minute)
	p.settle(t)
	_, _, err := p.Cancel(t.Context(), "ann", "x2", "ann", "")
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonRedemptionSubmitted)
	p.wantFunds(t, "ann", 4000, 1000)
	if h.bank.payouts(t, "x1") != 0 || h.bank.payouts(t, "x2") != 1 {
		t.Fatal("the bank has the wrong one")
	}
}

// M7SomebodyElsesIsNotFound checks that people reach their own redemptions only.
func M7SomebodyElsesIsNotFound(t *testing.T, open OpenRedemptions) {
	h := newHouse(t, open)
	p := h.live(t)
	p.fund(t, "ann", 5000)
	p.request(t, "x1", "ann", 2000)
	_, err := p.Get(t.Context(), "bob", "x1")
	wantRefusal(t, err, errs.NotFound, app.ReasonRedemptionNotFound)
	_, _, err = p.Cancel(t.Context(), "bob", "x1", "bob", "")
	wantRefusal(t, err, errs.NotFound, app.ReasonRedemptionNotFound)
	_, err = p.Get(t.Context(), "ann", "x2")
	wantRefusal(t, err, errs.NotFound, app.ReasonRedemptionNotFound)
	_, _, err = p.Confirm(t.Context(), "x2", domain.RedemptionOutcome{Status: domain.RedemptionPaid})
	wantRefusal(t, err, errs.NotFound, app.ReasonRedemptionNotFound)
	if list, _, err := p.List(t.Context(), app.RedemptionQuery{UserID: "bob"}, app.RedemptionCursor{}, 10); err != nil || len(list) != 0 {
		t.Fatalf("bob sees %v, %v", list, err)
	}
}

// M7ListPageByPage checks the pages of a list.
func M7ListPageByPage(t *testing.T, open OpenRedemptions) {
	h := newHouse(t, open)
	h.window = time.Hour
	p := h.live(t)
	p.fund(t, "ann", 5000)
	p.fund(t, "bob", 5000)
	for n := range 5 {
		p.request(t, fmt.Sprint("x", n), []string{"ann", "bob"}[n%2], 200)
		h.clock.Advance(time.Second)
	}
	var ids []string
	var after app.RedemptionCursor
	for more := true; more; {
		var list []domain.Redemption
		var err error
		list, more, err = p.List(t.Context(), app.RedemptionQuery{}, after, 2)
		must(t, err)
		for _, x := range list {
			ids = append(ids, x.ID)
			after = app.RedemptionCursor{RequestedAt: x.RequestedAt, ID: x.ID}
		}
	}
	if fmt.Sprint(ids) != "[x4 x3 x2 x1 x0]" {
		t.Fatalf("got %v", ids)
	}
}
