package storetest

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// wholePlay is a run of random rewards, releases, reversals and redemptions of one person under one clawback policy, by
// processes that die at any write.
type wholePlay struct {
	redemptionPlay
	policy domain.Clawback
	// unfinished are the commands that died on their way, by id.
	unfinished map[string]func(*process) error
	// cut says that something was cut off and not finished yet.
	cut bool
}

// M3AnyInterleavingKeepsTheMoneyRight plays everything that moves a person's money, with replays and crashes. At every
// moment the ledger sums to zero, and what is available is not below what the clawback policy allows. Once everything that
// died was sent again, each command has one posting, nothing was paid twice, and the ledger reconciles. It opens many stores
// and so is not part of RunRedemptions.
func M3AnyInterleavingKeepsTheMoneyRight(t *testing.T, open OpenRedemptions) {
	rapid.Check(t, func(rt *rapid.T) {
		play := &wholePlay{
			policy: rapid.SampledFrom([]domain.Clawback{
				domain.ClawbackBlock, domain.ClawbackNetFromFuture, domain.ClawbackAllowNegative,
			}).Draw(rt, "policy"),
			unfinished: map[string]func(*process) error{},
		}
		play.t, play.bank = rt, &moodyBank{decided: map[string]string{}}
		play.bank.draw = func() string {
			return rapid.SampledFrom([]string{"accept", "pay", "refuse", "lost before", "lost after"}).Draw(rt, "answer")
		}
		play.h = &house{stores: open(t), bank: play.bank, clock: clock.NewFake(noon), ids: idgen.Sequence("token"), window: time.Minute,
			limits: domain.RedemptionLimitTable{"INR": {Min: 10, Daily: 900}}}
		play.setPolicy()
		play.boot()
		rt.Repeat(map[string]func(*rapid.T){
			"issue":   play.issue,
			"release": play.release,
			"reverse": play.reverse,
			"request": play.noting(play.request),
			"cancel":  play.noting(play.cancel),
			"deliver": play.noting(play.deliver),
			"confirm": play.noting(play.confirm),
			"wait": func(rt *rapid.T) {
				play.h.clock.Advance(time.Duration(rapid.IntRange(1, 90).Draw(rt, "minutes")) * time.Minute)
			},
			"": func(*rapid.T) { play.wantRight() },
		})
		play.finishAll()
	})
}

func (w *wholePlay) setPolicy() {
	p := w.h.start(nil)
	defer w.close(p)
	if _, err := p.ledger.SetBudget(context.Background(), "p1", "INR", domain.Rules{Clawback: w.policy}); err != nil {
		w.t.Fatalf("set the policy: %v", err)
	}
}

func (w *wholePlay) close(p *process) {
	if err := p.log.Close(context.Background()); err != nil {
		w.t.Fatalf("close the log: %v", err)
	}
}

// reward is one of few rewards; each second one is held for an hour.
func (w *wholePlay) reward(rt *rapid.T) domain.Reward {
	n := rapid.IntRange(0, 5).Draw(rt, "reward")
	r := free(n)
	r.Amount = int64(100 + 50*n)
	if n%2 == 1 {
		r.Hold = time.Hour
	}
	return r
}

func (w *wholePlay) issue(rt *rapid.T) {
	r := w.reward(rt)
	w.send(r.ID, func(p *process) error { _, err := p.ledger.Issue(context.Background(), r); return err })
}

func (w *wholePlay) release(rt *rapid.T) {
	s := releaseOf(w.reward(rt))
	w.send(s.ID, func(p *process) error { _, err := p.ledger.Release(context.Background(), s); return err })
}

func (w *wholePlay) reverse(rt *rapid.T) {
	s := reverseOf(w.reward(rt), "REFUND")
	w.send(s.ID, func(p *process) error { _, err := p.ledger.Reverse(context.Background(), s); return err })
}

// send sends a command and remembers it if the process dies of it.
func (w *wholePlay) send(id string, command func(*process) error) {
	err := command(w.p)
	if w.m.dead() != nil {
		w.unfinished[id] = command
	}
	w.next(err)
}

// noting returns a step of a redemption that may cut something off.
func (w *wholePlay) noting(step func(*rapid.T)) func(*rapid.T) {
	return func(rt *rapid.T) {
		process := w.p
		step(rt)
		w.cut = w.cut || w.p != process
	}
}

// next notes a death before another process starts.
func (w *wholePlay) next(err error) {
	w.cut = w.cut || w.m.dead() != nil
	w.redemptionPlay.next(err)
}

// wantRight looks at the ledger as another process does.
func (w *wholePlay) wantRight() {
	p := w.h.start(nil)
	defer w.close(p)
	account, err := p.ledger.Balance(context.Background(), "ann", "INR")
	switch {
	case err != nil:
		w.t.Fatalf("balance: %v", err)
	case account.Held < 0 || account.Pending < 0 || account.Owed < 0:
		w.t.Fatalf("a part is below zero: %s", account)
	case account.Available < 0 && w.policy != domain.ClawbackAllowNegative:
		w.t.Fatalf("the policy %s does not allow %s", w.policy, account)
	case account.Owed > 0 && (account.Available != 0 || w.policy != domain.ClawbackNetFromFuture):
		w.t.Fatalf("under the policy %s, %s", w.policy, account)
	}
	auditor := app.Auditor{Log: p.log, Clock: w.h.clock, Redemptions: app.RedemptionRecords{Store: p.Store}}
	state, err := auditor.Reconcile(context.Background())
	if err != nil || !state.ZeroSum {
		w.t.Fatalf("not zero: %+v, %v", state, err)
	}
	for _, f := range state.Findings {
		cutOff := f.Kind == domain.FindingBudgetDrift || f.Kind == domain.FindingUnmatchedCommand
		if !cutOff || !w.cut {
			w.t.Fatalf("found %+v, and nothing was cut off: %v", f, w.cut)
		}
	}
	for id, times := range w.bank.paid {
		x, err := p.Get(context.Background(), "ann", id)
		if err != nil || times != 1 || !x.Status.Open() && x.Status != domain.RedemptionPaid {
			w.t.Fatalf("the bank pays %s %d times, which is %+v, %v", id, times, x, err)
		}
	}
}

// finishAll sends what died again and lets the relay do what is left, then compares everything.
func (w *wholePlay) finishAll() {
	w.close(w.p)
	w.bank.draw = func() string { return "accept" }
	w.p, w.m = w.h.start(nil), nil
	defer func() { w.close(w.p) }()
	for _, id := range slices.Sorted(maps.Keys(w.unfinished)) {
		if err := w.unfinished[id](w.p); errs.IsTransient(err) {
			w.t.Fatalf("%s on living stores: %v", id, err)
		}
	}
	for range 40 {
		if _, err := w.p.deliver(context.Background()); err != nil {
			w.t.Fatalf("deliver: %v", err)
		}
		w.h.clock.Advance(2 * time.Minute)
	}
	w.cut = false
	w.wantRight()
	w.wantSums()
}

// wantSums adds up what the postings and the bank say.
func (w *wholePlay) wantSums() {
	list, _, err := w.p.ledger.Postings(context.Background(), "ann", "INR", 0, chain.MaxLimit)
	if err != nil {
		w.t.Fatalf("list postings: %v", err)
	}
	seen := map[string]bool{}
	var earned, paid int64
	for _, p := range list {
		if seen[p.CommandID] {
			w.t.Fatalf("%s was posted twice", p.CommandID)
		}
		seen[p.CommandID] = true
		switch p.Kind { //nolint:exhaustive // the others stay inside the account
		case domain.PostingRewardHeld, domain.PostingRewardAvailable:
			earned += p.Amount
		case domain.PostingHoldReversal, domain.PostingReversal:
			earned -= p.Amount
		case domain.PostingRedemptionPaid:
			paid += p.Amount
			if w.bank.paid[p.RedemptionID] != 1 {
				w.t.Fatalf("%s is paid, and the bank knows nothing of it", p.RedemptionID)
			}
		}
	}
	account, err := w.p.ledger.Balance(context.Background(), "ann", "INR")
	left := account.Held + account.Available + account.Pending - account.Owed
	if err != nil || account.Pending != w.p.openAmount(w.t, "ann") || left != earned-paid || account.Earned != earned {
		w.t.Fatalf("%d earned, %d paid, and the account has %s, %v", earned, paid, account, err)
	}
}
