package storetest

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// budgetPlay is a run of random commands about the money of one programme, by two processes that may die at any write.
type budgetPlay struct {
	budgets
	t       *rapid.T
	procs   [2]*budgetProcess
	pending map[string]func(*budgetProcess) error
}

// budgetProcess is a process of a play.
type budgetProcess struct {
	*app.Ledger
	log    *chain.Log[domain.Line]
	mortal *Mortal
}

// M6AnyInterleavingKeepsTheLimits plays random commands, clock moves over days, weeks and months, and crashes. Whenever
// nothing is cut off, what the budget says is what its documents add up to, every reward that fits is paid and no other.
// It opens many stores and so is not part of RunBudgets.
func M6AnyInterleavingKeepsTheLimits(t *testing.T, open BudgetStores) {
	rapid.Check(t, func(rt *rapid.T) {
		p := &budgetPlay{t: rt, budgets: openBudgets(t, open), pending: map[string]func(*budgetProcess) error{}}
		for i := range p.procs {
			p.procs[i] = p.begin()
		}
		defer func() {
			for _, process := range p.procs {
				p.end(process)
			}
		}()
		for range rapid.IntRange(1, 50).Draw(rt, "steps") {
			p.step()
			p.wantRight()
		}
		p.settle()
		p.wantRight()
		audit := app.Auditor{Log: p.procs[0].log, Clock: p.clock, Queue: p.queue}
		state, err := audit.Reconcile(context.Background())
		if err != nil || !state.Verified() {
			rt.Fatalf("the ledger does not reconcile: %+v, %v", state, err)
		}
	})
}

func (p *budgetPlay) begin() *budgetProcess {
	mortal := NewMortal(p.store)
	log := chain.New(mortal, chain.Options{Clock: impatient{p.clock}, Name: "wallet.test", Attempts: 2})
	ledger := app.NewLedger(log, p.clock, app.WithQueue(p.queue), app.WithLogger(slog.New(slog.DiscardHandler)))
	return &budgetProcess{Ledger: ledger, log: log, mortal: mortal}
}

func (p *budgetPlay) end(process *budgetProcess) {
	if err := process.log.Close(context.Background()); err != nil {
		p.t.Fatalf("close the log: %v", err)
	}
}

// step does one thing.
func (p *budgetPlay) step() {
	n := rapid.IntRange(0, 1).Draw(p.t, "process")
	process := p.procs[n]
	if rapid.IntRange(0, 7).Draw(p.t, "dies") == 0 {
		process.mortal.DieAfter(rapid.IntRange(0, 12).Draw(p.t, "writes left"))
	}
	switch what := rapid.SampledFrom([]string{"issue", "issue", "issue", "issue", "reverse", "release", "rules", "pay", "advance", "settle"}).Draw(p.t, "what"); what {
	case "issue":
		p.issue(process, p.reward())
	case "advance":
		p.clock.Advance(rapid.SampledFrom([]time.Duration{time.Millisecond, 5 * time.Hour, 24 * time.Hour, 8 * 24 * time.Hour, 31 * 24 * time.Hour}).Draw(p.t, "by"))
	case "settle":
		p.settle()
	default:
		id, act := p.command(what)
		p.try(id, process, act)
	}
	if process.mortal.dead() != nil {
		p.end(process)
		p.procs[n] = p.begin()
	}
	process.mortal.DieAfter(-1)
}

// command draws a command that is not the issue of a reward.
func (p *budgetPlay) command(what string) (id string, act func(*budgetProcess) error) {
	ctx := context.Background()
	switch what {
	case "rules":
		rules := p.rules()
		return "rules", func(process *budgetProcess) error {
			_, err := process.SetBudget(ctx, "p1", "INR", rules)
			return err
		}
	case "pay":
		return "pay", func(process *budgetProcess) error {
			_, err := process.PayQueues(ctx, "worker")
			return err
		}
	case "release":
		r := p.reward()
		return domain.ReleaseID(r.ID), func(process *budgetProcess) error {
			_, err := process.Release(ctx, releaseOf(r))
			return err
		}
	default:
		r := p.reward()
		return domain.ReverseID(r.ID), func(process *budgetProcess) error {
			_, err := process.Reverse(ctx, reverseOf(r, "REFUND"))
			return err
		}
	}
}

// reward draws one of 24 rewards of 1 to 240, some of them held, of two people.
func (p *budgetPlay) reward() domain.Reward {
	n := rapid.IntRange(0, 23).Draw(p.t, "reward")
	r := worth(n, int64(10*n+1))
	r.Beneficiary = []string{"ann", "bob"}[n%2]
	if n%3 == 0 {
		r.Hold = time.Hour
	}
	return r
}

func (p *budgetPlay) rules() domain.Rules {
	var limits []domain.Limit
	for _, scope := range []domain.Scope{domain.ScopeProgram, domain.ScopeReferrer} {
		for _, period := range []domain.Period{domain.PeriodTotal, domain.PeriodDay, domain.PeriodWeek, domain.PeriodMonth} {
			if rapid.IntRange(0, 2).Draw(p.t, "has limit") == 0 {
				limits = append(limits, domain.Limit{Scope: scope, Period: period, Amount: int64(rapid.IntRange(0, 900).Draw(p.t, "limit"))})
			}
		}
	}
	return domain.Rules{
		Limits:        limits,
		WhenExhausted: rapid.SampledFrom([]domain.WhenExhausted{domain.ExhaustedReject, domain.ExhaustedQueue}).Draw(p.t, "when exhausted"),
	}
}

// try executes a command, and notes it when it was cut off.
func (p *budgetPlay) try(id string, process *budgetProcess, act func(*budgetProcess) error) {
	err := act(process)
	switch {
	case err == nil, !unclear(err):
		delete(p.pending, id)
	case process.mortal.dead() == nil:
		p.t.Fatalf("%s failed on a living store: %v", id, err)
	default:
		p.pending[id] = act
	}
}

// unclear reports whether a command may have been cut off half-way. A lost race is an answer.
func unclear(err error) bool {
	return (errs.IsTransient(err) && errs.Reason(err) != app.ReasonBudgetChanged) || errors.Is(err, errLost)
}

// settle sends again what was cut off, to living processes.
func (p *budgetPlay) settle() {
	for _, process := range p.procs {
		process.mortal.DieAfter(-1)
	}
	for id, act := range p.pending {
		p.try(id, p.procs[0], act)
	}
}

// issue issues a reward, and checks the answer against the documents before, unless something was cut off.
func (p *budgetPlay) issue(process *budgetProcess, r domain.Reward) {
	clear, before := len(p.pending) == 0, p.read()
	var posted app.Posted
	act := func(process *budgetProcess) (err error) {
		posted, err = process.Issue(context.Background(), r)
		return err
	}
	err := act(process)
	if err != nil && unclear(err) {
		p.try(r.ID, process, func(*budgetProcess) error { return err })
		p.pending[r.ID] = act
		return
	}
	delete(p.pending, r.ID)
	if !clear {
		return
	}
	paid := err == nil && !posted.Unposted
	switch {
	case before.ended[r.ID]:
		if paid {
			p.t.Fatalf("%s was paid after it had been refused or taken back while it waited", r.ID)
		}
	case before.posted[r.ID]:
		if !paid {
			p.t.Fatalf("%s was answered with %+v, %v; it had been paid", r.ID, posted, err)
		}
	case paid != before.fits(r):
		p.t.Fatalf("%s of %d: paid %v, %v; used before: %v", r.ID, r.Amount, paid, err, before.uses)
	case !paid && err != nil && errs.Reason(err) != app.ReasonBudgetExhausted:
		p.t.Fatalf("%s was refused with %v", r.ID, err)
	case err != nil && strings.Contains(err.Error(), "for good") && before.rules.WhenExhausted == domain.ExhaustedQueue:
		p.t.Fatalf("%s should wait: %v", r.ID, err)
	}
}
