package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// act is what a caller may do with a reward.
type act string

const (
	actIssue   act = "issue"
	actRelease act = "release"
	actReverse act = "reverse"
	actAdjust  act = "adjust"
)

// play is a run of random commands against one store, by processes that may die at any write.
type play struct {
	t       *rapid.T
	store   chain.Store[domain.Line]
	clock   *clock.Fake
	mortal  *Mortal
	log     *chain.Log[domain.Line]
	ledger  *app.Ledger
	first   map[string]app.Posted // by command, as first answered
	pending map[string]func() error
}

// M3AnyInterleavingSumsToZero plays random commands, replays and crashes. The ledger sums to zero after every step; once
// every command that was cut off has been sent again, each has exactly one posting and the budgets agree.
// It opens many stores and so is not part of Run.
func M3AnyInterleavingSumsToZero(t *testing.T, open Open) {
	rapid.Check(t, func(rt *rapid.T) {
		p := &play{
			t: rt, store: open(t), clock: clock.NewFake(noon),
			first: map[string]app.Posted{}, pending: map[string]func() error{},
		}
		p.restart()
		defer p.stop()
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			p.step()
			p.wantZeroSum()
		}
		p.restart()
		for id, send := range p.pending {
			if err := send(); errs.IsTransient(err) {
				rt.Fatalf("%s failed on a living store: %v", id, err)
			}
		}
		p.wantOnePostingPerCommand()
	})
}

// restart replaces the process.
func (p *play) restart() {
	p.stop()
	p.mortal = NewMortal(p.store)
	p.log = chain.New(p.mortal, chain.Options{Clock: impatient{p.clock}, Name: "wallet.test", Attempts: 2})
	p.ledger = app.NewLedger(p.log, p.clock)
}

func (p *play) stop() {
	if p.log == nil {
		return
	}
	if err := p.log.Close(context.Background()); err != nil {
		p.t.Fatalf("close the log: %v", err)
	}
}

// step does one thing.
func (p *play) step() {
	switch rapid.SampledFrom([]string{"send", "send", "send", "send", "advance", "restart", "die"}).Draw(p.t, "what") {
	case "advance":
		p.clock.Advance(12 * time.Hour)
	case "restart":
		p.restart()
	case "die":
		p.mortal.DieAfter(rapid.IntRange(0, 2).Draw(p.t, "writes left"))
	default:
		p.send()
	}
}

// send sends a random command, which may be one that was sent before.
func (p *play) send() {
	n := rapid.IntRange(0, 4).Draw(p.t, "reward")
	r := referral(n)
	r.Beneficiary = []string{"ann", "bob"}[n%2]
	if n == 4 {
		r.Hold = 0
	}
	what := rapid.SampledFrom([]act{actIssue, actIssue, actRelease, actReverse, actAdjust}).Draw(p.t, "command")
	id := map[act]string{actIssue: r.ID, actRelease: domain.ReleaseID(r.ID), actReverse: domain.ReverseID(r.ID), actAdjust: adjustOf(r).ID}[what]
	send := func() error { return p.execute(id, what, r) }
	if err := send(); errs.IsTransient(err) || errors.Is(err, errLost) {
		p.pending[id] = send
	}
}

// execute sends one command and compares its answer with the first one.
func (p *play) execute(id string, what act, r domain.Reward) error {
	var posted app.Posted
	var err error
	switch what {
	case actIssue:
		posted, err = p.ledger.Issue(context.Background(), r)
	case actRelease:
		posted, err = p.ledger.Release(context.Background(), releaseOf(r))
	case actReverse:
		posted, err = p.ledger.Reverse(context.Background(), reverseOf(r, "REFUND"))
	case actAdjust:
		posted, err = p.ledger.Adjust(context.Background(), adjustOf(r))
	}
	if err != nil {
		return err
	}
	posted.Replayed = false
	if first, ok := p.first[id]; ok && first != posted {
		p.t.Fatalf("%s answered %+v, first was %+v", id, posted, first)
	}
	p.first[id] = posted
	return nil
}

// adjustOf corrects the account that a reward goes to: ann's is credited, bob's is debited when it covers that.
func adjustOf(r domain.Reward) domain.Adjustment {
	a := domain.Adjustment{ID: "adjust/" + r.ReferralID, User: r.Beneficiary, Currency: r.Currency, Amount: 300, Reason: "test"}
	if r.Beneficiary == "bob" {
		a.Amount = -1000
	}
	return a
}

// wantZeroSum looks at the store as another process does.
func (p *play) wantZeroSum() {
	log := chain.New(p.store, chain.Options{Clock: p.clock, Name: "wallet.test"})
	state, err := app.NewLedger(log, p.clock).Reconcile(context.Background())
	if err != nil || !state.ZeroSum {
		p.t.Fatalf("not zero: %+v, %v", state, err)
	}
	for _, f := range state.Findings {
		cutOff := f.Kind == domain.FindingBudgetDrift || f.Kind == domain.FindingUnmatchedCommand
		if !cutOff || len(p.pending) == 0 {
			p.t.Fatalf("found %+v with %d commands cut off", f, len(p.pending))
		}
	}
	if err := log.Close(context.Background()); err != nil {
		p.t.Fatalf("close the log: %v", err)
	}
}

// wantOnePostingPerCommand reconciles and compares the accounts with the answers.
func (p *play) wantOnePostingPerCommand() {
	state, err := p.ledger.Reconcile(context.Background())
	if err != nil || !state.Verified() {
		p.t.Fatalf("the ledger does not reconcile: %+v, %v", state, err)
	}
	commands := map[string]int{}
	for _, user := range []string{"ann", "bob"} {
		list, _, err := p.ledger.Postings(context.Background(), user, "INR", 0, chain.MaxLimit)
		if err != nil {
			p.t.Fatalf("list postings: %v", err)
		}
		for _, posted := range list {
			commands[posted.CommandID]++
		}
	}
	for id := range commands {
		if _, answered := p.first[id]; !answered || commands[id] != 1 {
			p.t.Fatalf("%s has %d postings, answered: %v", id, commands[id], answered)
		}
	}
	for id, posted := range p.first {
		// The release of a reward without hold answers the reward itself.
		if commands[id] == 0 && posted.CommandID == id {
			p.t.Fatalf("%s was answered and not posted", id)
		}
	}
}
