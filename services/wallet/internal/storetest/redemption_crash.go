package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// story is what a client, a relay and an administrator do with one redemption. It stops at the first error.
type story struct {
	name string
	tell func(ctx context.Context, h *house, p *process, o domain.RedemptionOrder) error
	// end is the state when all of it happened.
	end domain.RedemptionStatus
	// payouts is how often the bank pays then.
	payouts int
}

// stories are the ways a redemption can go.
func stories() []story {
	request := func(ctx context.Context, p *process, o domain.RedemptionOrder) error {
		_, _, err := p.Request(ctx, o, "")
		return err
	}
	submit := func(ctx context.Context, h *house, p *process) error {
		h.clock.Advance(h.window)
		for {
			if n, err := p.deliver(ctx); n == 0 || err != nil {
				return err
			}
		}
	}
	return []story{
		{"paid", func(ctx context.Context, h *house, p *process, o domain.RedemptionOrder) error {
			err := request(ctx, p, o)
			if err == nil {
				err = submit(ctx, h, p)
			}
			if err == nil {
				_, _, err = p.Confirm(ctx, o.ID, domain.RedemptionOutcome{Status: domain.RedemptionPaid, Actor: "root"})
			}
			return err
		}, domain.RedemptionPaid, 1},
		{"failed", func(ctx context.Context, h *house, p *process, o domain.RedemptionOrder) error {
			err := request(ctx, p, o)
			if err == nil {
				err = submit(ctx, h, p)
			}
			if err == nil {
				e := app.PayoutEvent{RedemptionID: o.ID, Outcome: domain.RedemptionFailed, Reason: "NO", Timestamp: h.clock.Now().Unix()}
				e.Signature = e.Sign(secret)
				err = p.Receive(ctx, e)
			}
			return err
		}, domain.RedemptionFailed, 1},
		{"cancelled", func(ctx context.Context, _ *house, p *process, o domain.RedemptionOrder) error {
			err := request(ctx, p, o)
			if err == nil {
				_, _, err = p.Cancel(ctx, o.UserID, o.ID, "ann", "")
			}
			return err
		}, domain.RedemptionCancelled, 0},
	}
}

// M7CrashAnywherePaysOnceByFile crashes with the payout files.
func M7CrashAnywherePaysOnceByFile(t *testing.T, open OpenRedemptions) {
	crashAnywhere(t, open, &fileBank{dir: t.TempDir(), ids: idgen.Sequence("process")})
}

// M7CrashAnywherePaysOnceOverHTTP crashes with a provider behind HTTP.
func M7CrashAnywherePaysOnceOverHTTP(t *testing.T, open OpenRedemptions) {
	crashAnywhere(t, open, newHTTPBank(t))
}

// crashAnywhere ends the process before and after each of its writes, in each story. Then either everybody tries again with a
// new process, or only the relay goes on. Either way nothing is paid twice, nothing is lost, and the balances are right.
func crashAnywhere(t *testing.T, open OpenRedemptions, b bank) {
	h := newHouse(t, open)
	h.bank, h.window, h.limits = b, time.Second, nil
	survivor := h.live(t)
	crashes := 0
	for _, s := range stories() {
		for writes, died := 0, true; died; writes++ {
			for _, after := range []bool{false, true} {
				for _, retried := range []bool{false, true} {
					user := fmt.Sprintf("%s-%d-%v-%v", s.name, writes, after, retried)
					survivor.fund(t, user, 5000)
					died = h.crash(t, s, user, &mortality{left: writes, after: after})
					if died {
						crashes++
					}
					h.recover(t, survivor, s, user, retried)
				}
			}
		}
	}
	if crashes < 80 {
		t.Fatalf("only %d crashes", crashes)
	}
}

// crash lives through a story in a process that may die.
func (h *house) crash(t *testing.T, s story, user string, m *mortality) (died bool) {
	t.Helper()
	p := h.start(m)
	defer p.stop(t)
	err := s.tell(t.Context(), h, p, orderOf("x-"+user, user, 2000))
	if died = m.dead() != nil; died != (err != nil) {
		t.Fatalf("%s: died %v, and got %v", user, died, err)
	}
	return died
}

// recover goes on after a crash, in another process.
func (h *house) recover(t *testing.T, p *process, s story, user string, retried bool) {
	t.Helper()
	id := "x-" + user
	h.clock.Advance(2 * time.Minute) // leases run out, and what the relay takes over is due
	if retried {
		if err := s.tell(t.Context(), h, p, orderOf(id, user, 2000)); err != nil {
			t.Fatalf("%s again: %v", user, err)
		}
	}
	for range 3 {
		p.settle(t)
		h.clock.Advance(2 * time.Minute)
	}
	x, err := p.Get(t.Context(), user, id)
	if err != nil {
		// It died before anything was written.
		if _, err := h.stores.Redemptions.Get(t.Context(), id); !errors.Is(err, app.ErrNoRedemption) || retried {
			t.Fatalf("%s is lost: %v", user, err)
		}
		p.wantFunds(t, user, 5000, 0)
		return
	}
	paid := h.bank.payouts(t, id)
	switch x.Status {
	case domain.RedemptionSubmitted:
		p.wantFunds(t, user, 3000, 2000)
	case domain.RedemptionPaid:
		p.wantFunds(t, user, 3000, 0)
	default:
		p.wantFunds(t, user, 5000, 0)
	}
	if want := x.Status != domain.RedemptionCancelled; (paid == 1) != want || paid > 1 {
		t.Fatalf("%s is %s, and the bank pays it %d times", user, x.Status, paid)
	}
	if retried && x.Status != s.end {
		t.Fatalf("%s is %s after everybody tried again, want %s", user, x.Status, s.end)
	}
	d, err := h.stores.Redemptions.Get(t.Context(), id)
	if err != nil || !d.Outbox.DueAt.IsZero() {
		t.Fatalf("%s still has something to do: %+v, %v", user, d, err)
	}
}
