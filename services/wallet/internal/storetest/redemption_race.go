package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// M7RacingRequestsOfOneID has 20 callers in two processes request one id.
func M7RacingRequestsOfOneID(t *testing.T, open OpenRedemptions) {
	h := newHouse(t, open)
	processes := []*process{h.live(t), h.live(t)}
	processes[0].fund(t, "ann", 5000)
	var wait sync.WaitGroup
	for n := range 20 {
		wait.Go(func() {
			x, _, err := processes[n%2].Request(t.Context(), orderOf("x1", "ann", 2000), "")
			if err != nil || x.Status != domain.RedemptionRequested || x.Amount != 2000 {
				t.Errorf("got %+v, %v", x, err)
			}
		})
	}
	wait.Wait()
	processes[0].settle(t)
	processes[0].wantFunds(t, "ann", 3000, 2000)
	if n := h.bank.payouts(t, "x1"); n != 1 {
		t.Fatalf("%d payouts", n)
	}
}

// M7RacingRequestsForTheLastMoney has 20 callers redeem what suffices for two.
func M7RacingRequestsForTheLastMoney(t *testing.T, open OpenRedemptions) {
	h := newHouse(t, open)
	processes := []*process{h.live(t), h.live(t)}
	processes[0].fund(t, "ann", 5000)
	var wait sync.WaitGroup
	var won atomic.Int64
	for n := range 20 {
		wait.Go(func() {
			switch _, _, err := processes[n%2].Request(t.Context(), orderOf(fmt.Sprint("x", n), "ann", 2000), ""); {
			case err == nil:
				won.Add(1)
			case errs.Reason(err) != app.ReasonInsufficientFunds:
				t.Errorf("racer %d: %v", n, err)
			}
		})
	}
	wait.Wait()
	h.clock.Advance(time.Hour) // whatever was dropped stays dropped
	processes[0].settle(t)
	if won.Load() != 2 || processes[0].openAmount(t, "ann") != 4000 {
		t.Fatalf("%d won, %d are open", won.Load(), processes[0].openAmount(t, "ann"))
	}
	processes[0].wantFunds(t, "ann", 1000, 4000)
}

// M7CancelAndSubmitRace has half of 20 cancel while the others submit: exactly one happens.
func M7CancelAndSubmitRace(t *testing.T, open OpenRedemptions) {
	h := newHouse(t, open)
	h.limits = nil
	p, q := h.live(t), h.live(t)
	p.fund(t, "ann", 50000)
	outcomes := map[domain.RedemptionStatus]int{}
	for round := range 10 {
		id := fmt.Sprint("x", round)
		p.request(t, id, "ann", 2000)
		leases, err := q.source.Lease(t.Context(), h.clock.Now(), time.Minute, q.NewToken(), 1)
		must(t, err)
		begin := make(chan struct{})
		var wait sync.WaitGroup
		for n := range 20 {
			wait.Go(func() {
				<-begin
				if n%2 == 0 {
					_, _, err := p.Cancel(t.Context(), "ann", id, "ann", "")
					if err != nil && errs.Reason(err) != app.ReasonRedemptionSubmitted {
						t.Errorf("cancel: %v", err)
					}
				} else if err := q.delivery.Deliver(t.Context(), leases[0]); err != nil && !errors.Is(err, outbox.ErrConflict) {
					t.Errorf("deliver: %v", err)
				}
			})
		}
		close(begin)
		wait.Wait()
		h.clock.Advance(2 * time.Minute) // leases run out
		p.settle(t)
		x, err := p.Get(t.Context(), "ann", id)
		must(t, err)
		outcomes[x.Status]++
		if paid := h.bank.payouts(t, id); (x.Status == domain.RedemptionSubmitted) != (paid == 1) || (x.Status == domain.RedemptionCancelled) != (paid == 0) {
			t.Fatalf("%s is %s and the bank pays it %d times", id, x.Status, paid)
		}
	}
	t.Logf("outcomes: %v", outcomes)
	b := rawBalances(t, p.log, "ann")
	if want := p.openAmount(t, "ann"); b.Pending != want || b.Available != 50000-want {
		t.Fatalf("balances are %s, %d are open", b, want)
	}
}

// M7ConfirmAndEventRace has half of 20 confirm by hand that a payout was made while the provider tells that it failed:
// exactly one of them is believed.
func M7ConfirmAndEventRace(t *testing.T, open OpenRedemptions) {
	h := newHouse(t, open)
	h.limits = nil
	p, q := h.live(t), h.live(t)
	p.fund(t, "ann", 50000)
	var paid int64
	for round := range 10 {
		id := fmt.Sprint("x", round)
		p.request(t, id, "ann", 2000)
		p.settle(t)
		won := h.raceOutcomes(t.Context(), t, id, p, q)
		p.settle(t)
		x := p.wantRedemption(t, "ann", id, won)
		if x.Status == domain.RedemptionPaid {
			paid += x.Amount
		}
		p.wantFunds(t, "ann", 50000-paid, 0)
	}
}

// raceOutcomes returns the outcome that won.
func (h *house) raceOutcomes(ctx context.Context, t *testing.T, id string, p, q *process) domain.RedemptionStatus {
	t.Helper()
	begin := make(chan struct{})
	var wait sync.WaitGroup
	var confirmed, told atomic.Int64
	for n := range 20 {
		wait.Go(func() {
			<-begin
			var err error
			count := &told
			if n%2 == 0 {
				count = &confirmed
				_, _, err = p.Confirm(ctx, id, domain.RedemptionOutcome{Status: domain.RedemptionPaid, Actor: "root"})
			} else {
				e := app.PayoutEvent{RedemptionID: id, Outcome: domain.RedemptionFailed, Reason: "NO", Timestamp: h.clock.Now().Unix()}
				e.Signature = e.Sign(secret)
				err = q.Receive(ctx, e)
			}
			switch {
			case err == nil:
				count.Add(1)
			case errs.Reason(err) != app.ReasonRedemptionSettled && !errs.IsTransient(err):
				t.Errorf("racer %d: %v", n, err)
			}
		})
	}
	close(begin)
	wait.Wait()
	if (confirmed.Load() > 0) == (told.Load() > 0) {
		t.Fatalf("%d confirmations and %d events were believed", confirmed.Load(), told.Load())
	}
	if confirmed.Load() > 0 {
		return domain.RedemptionPaid
	}
	return domain.RedemptionFailed
}
