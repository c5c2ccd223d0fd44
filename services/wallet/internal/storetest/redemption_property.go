package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// redemptionPlay is a run of random steps of one person's redemptions, by processes that die at any write.
type redemptionPlay struct {
	t      *rapid.T
	h      *house
	bank   *moodyBank
	p      *process
	m      *mortality
	earned int64
}

// moodyBank answers at random, but once it accepted, refused or paid a payout, always the same.
type moodyBank struct {
	recordingBank
	draw    func() string
	decided map[string]string
}

func (b *moodyBank) provider(clock.Clock) app.PayoutProvider { return b }

// Submit implements app.PayoutProvider.
func (b *moodyBank) Submit(ctx context.Context, p app.Payout) (app.PayoutReceipt, error) {
	answer := b.decided[p.ID]
	if answer == "" {
		if answer = b.draw(); answer != "lost before" {
			b.decided[p.ID] = answer
		}
	}
	switch answer {
	case "refuse":
		return app.PayoutReceipt{}, &app.PayoutRefusedError{Reason: "NO"}
	case "lost before":
		return app.PayoutReceipt{}, errs.New(errs.Unavailable, "DOWN", "no answer")
	}
	receipt, err := b.recordingBank.Submit(ctx, p)
	if answer == "lost after" && b.calls[p.ID] == 1 {
		return app.PayoutReceipt{}, errs.New(errs.Unavailable, "LOST", "no answer")
	}
	receipt.Paid = answer == "pay"
	return receipt, err
}

// M7AnyInterleavingPaysOnce plays random requests, cancellations, submissions, outcomes, replays and crashes. At every moment the
// postings sum to zero and nothing is redeemed below zero; what is pending is what the redemptions say once everything that was cut off is finished; what
// the bank pays is what was not given back. It opens many stores and so is not part of RunRedemptions.
func M7AnyInterleavingPaysOnce(t *testing.T, open OpenRedemptions) {
	rapid.Check(t, func(rt *rapid.T) {
		play := &redemptionPlay{t: rt, bank: &moodyBank{decided: map[string]string{}}}
		play.bank.draw = func() string {
			return rapid.SampledFrom([]string{"accept", "accept", "pay", "refuse", "lost before", "lost after"}).Draw(rt, "answer")
		}
		play.h = &house{stores: open(t), bank: play.bank, clock: clock.NewFake(noon), ids: idgen.Sequence("token"), window: time.Minute,
			limits: domain.RedemptionLimitTable{"INR": {Min: 10, Daily: 600}}}
		play.boot()
		rt.Repeat(map[string]func(*rapid.T){
			"earn":    play.earn,
			"request": play.request,
			"cancel":  play.cancel,
			"deliver": play.deliver,
			"confirm": play.confirm,
			"event":   play.event,
			"wait": func(rt *rapid.T) {
				play.h.clock.Advance(time.Duration(rapid.IntRange(1, 90).Draw(rt, "minutes")) * time.Minute)
			},
			"": func(*rapid.T) { play.wantSound() },
		})
		play.finish()
	})
}

// boot starts the next process. It may die of one of its first writes.
func (r *redemptionPlay) boot() {
	r.m = &mortality{left: rapid.IntRange(0, 60).Draw(r.t, "life"), after: rapid.Bool().Draw(r.t, "after")}
	r.p = r.h.start(r.m)
}

// next judges how a step ended, and starts another process after a death.
func (r *redemptionPlay) next(err error) {
	if r.m.dead() == nil {
		if err != nil && (errs.IsTransient(err) && errs.Reason(err) != app.ReasonPayoutInFlight) && !errors.Is(err, outbox.ErrConflict) {
			r.t.Fatalf("a living process answers %v", err)
		}
		return
	}
	if err := r.p.log.Close(context.Background()); err != nil {
		r.t.Fatalf("close the log: %v", err)
	}
	r.boot()
}

func (r *redemptionPlay) id(rt *rapid.T) string {
	return fmt.Sprint("x", rapid.IntRange(0, 5).Draw(rt, "id"))
}

func (r *redemptionPlay) earn(rt *rapid.T) {
	p := r.h.start(nil)
	amount := rapid.Int64Range(50, 400).Draw(rt, "reward")
	reward := free(int(r.earned))
	reward.Amount = amount
	if _, err := p.ledger.Issue(context.Background(), reward); err != nil {
		rt.Fatalf("issue: %v", err)
	}
	r.earned += amount
	if err := p.log.Close(context.Background()); err != nil {
		rt.Fatalf("close the log: %v", err)
	}
}

func (r *redemptionPlay) request(rt *rapid.T) {
	_, _, err := r.p.Request(context.Background(), orderOf(r.id(rt), "ann", rapid.SampledFrom([]int64{100, 100, 250}).Draw(rt, "amount")), "")
	r.next(err)
}

func (r *redemptionPlay) cancel(rt *rapid.T) {
	_, _, err := r.p.Cancel(context.Background(), "ann", r.id(rt), "ann", "")
	r.next(err)
}

func (r *redemptionPlay) deliver(*rapid.T) {
	_, err := r.p.deliver(context.Background())
	r.next(err)
}

// outcome is what the bank knows of a payout, as whoever reads its statements would tell it.
func (r *redemptionPlay) outcome(rt *rapid.T, id string) domain.RedemptionStatus {
	if r.bank.payouts(nil, id) > 0 {
		return domain.RedemptionPaid
	}
	if r.bank.decided[id] == "refuse" {
		return domain.RedemptionFailed
	}
	rt.Skip("nobody knows")
	return ""
}

func (r *redemptionPlay) confirm(rt *rapid.T) {
	id := r.id(rt)
	_, _, err := r.p.Confirm(context.Background(), id, domain.RedemptionOutcome{Status: r.outcome(rt, id), Reason: "NO", Actor: "root"})
	r.next(err)
}

func (r *redemptionPlay) event(rt *rapid.T) {
	id := r.id(rt)
	e := app.PayoutEvent{RedemptionID: id, Outcome: r.outcome(rt, id), Reason: "NO", Timestamp: r.h.clock.Now().Unix()}
	e.Signature = e.Sign(secret)
	r.next(r.p.Receive(context.Background(), e))
}

// wantSound looks at the ledger as another process does.
func (r *redemptionPlay) wantSound() {
	p := r.h.start(nil)
	b := rawBalances(r.t, p.log, "ann")
	var paid int64
	for id := range r.bank.paid {
		x, err := p.Get(context.Background(), "ann", id)
		if err != nil {
			r.t.Fatalf("the bank pays %s: %v", id, err)
		}
		if !x.Status.Open() && x.Status != domain.RedemptionPaid {
			r.t.Fatalf("the bank pays %s, which is %s", id, x.Status)
		}
		paid += x.Amount
	}
	if b.Available+b.Pending+paid < r.earned {
		r.t.Fatalf("%d were earned, %d paid, and %s are left", r.earned, paid, b)
	}
	if err := p.log.Close(context.Background()); err != nil {
		r.t.Fatalf("close the log: %v", err)
	}
}

// finish lets a relay that lives do everything that is left, and compares bank, documents and ledger.
func (r *redemptionPlay) finish() {
	if err := r.p.log.Close(context.Background()); err != nil {
		r.t.Fatalf("close the log: %v", err)
	}
	r.bank.draw = func() string { return "accept" }
	r.p, r.m = r.h.start(nil), nil
	for range 40 {
		if _, err := r.p.deliver(context.Background()); err != nil {
			r.t.Fatalf("deliver: %v", err)
		}
		r.h.clock.Advance(2 * time.Minute)
	}
	b := rawBalances(r.t, r.p.log, "ann")
	pending := r.p.openAmount(r.t, "ann")
	list, _, err := r.p.List(context.Background(), app.RedemptionQuery{UserID: "ann", Status: domain.RedemptionPaid}, app.RedemptionCursor{}, 500)
	var paid int64
	for _, x := range list {
		paid += x.Amount
		if r.bank.paid[x.ID] != 1 {
			r.t.Fatalf("%s is paid, and the bank knows nothing of it", x.ID)
		}
	}
	if err != nil || b.Pending != pending || b.Available+pending+paid != r.earned {
		r.t.Fatalf("%d were earned, %d paid, %d are open, and the ledger says %s, %v", r.earned, paid, pending, b, err)
	}
	if err := r.p.log.Close(context.Background()); err != nil {
		r.t.Fatalf("close the log: %v", err)
	}
}
