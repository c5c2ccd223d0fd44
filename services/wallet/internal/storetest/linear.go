package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// The amounts of the commands of the linearizability test.
const (
	linearReward = 100
	linearDebit  = 150
)

// linearCall is a command, or a read of the balance.
type linearCall struct {
	what string // issue, reverse, debit or balance
	n    int
}

func (c linearCall) command() string {
	r := free(c.n)
	return map[string]string{
		"issue": r.ID, "reverse": domain.ReverseID(r.ID), "debit": fmt.Sprint("adjust/", c.n),
	}[c.what]
}

// linearAnswer is what a call returned: the posting's place and the balances after it, those of the head, or a refusal.
type linearAnswer struct {
	refusal              string
	seq, available, owed int64
	amount, owedPart     int64
}

// linearPosting is one posting of the account as the specification has it.
type linearPosting struct {
	command string
	answer  linearAnswer
}

// linearModel is the specification: an account under the policy NET_FROM_FUTURE on which each command acts once.
var linearModel = porcupine.Model{
	Init: func() any { return []linearPosting(nil) },
	Step: func(state, input, output any) (bool, any) {
		account, _ := state.([]linearPosting)
		call, _ := input.(linearCall)
		got, _ := output.(linearAnswer)
		want, next := linearStep(account, call)
		return got == want, next
	},
	// Answers tell the place of their postings, so the same calls lead to the same account, if their number is the same.
	Equal: func(a, b any) bool {
		x, _ := a.([]linearPosting)
		y, _ := b.([]linearPosting)
		return len(x) == len(y)
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
}

// linearStep is what a call answers on an account, and the account after it.
func linearStep(account []linearPosting, call linearCall) (linearAnswer, []linearPosting) {
	var head linearAnswer
	if len(account) > 0 {
		head = account[len(account)-1].answer
	}
	head.amount, head.owedPart = 0, 0
	if call.what == "balance" {
		return head, account
	}
	done := func(id string) int {
		return slices.IndexFunc(account, func(p linearPosting) bool { return p.command == id })
	}
	if i := done(call.command()); i >= 0 {
		return account[i].answer, account
	}
	next := head
	next.seq++
	switch call.what {
	case "issue":
		next.amount = linearReward
		next.owedPart = min(head.owed, linearReward)
		next.available += linearReward - next.owedPart
		next.owed -= next.owedPart
	case "reverse":
		if done(free(call.n).ID) < 0 {
			return linearAnswer{refusal: app.ReasonRewardNotFound}, account
		}
		next.amount = linearReward
		next.owedPart = linearReward - min(linearReward, head.available)
		next.available -= linearReward - next.owedPart
		next.owed += next.owedPart
	case "debit":
		if head.available < linearDebit {
			return linearAnswer{refusal: app.ReasonInsufficientFunds}, account
		}
		next.amount = linearDebit
		next.available -= linearDebit
	}
	return next, append(slices.Clip(account), linearPosting{call.command(), next})
}

// M3AccountIsLinearizable lets 32 writers of two processes work on one account, and asks whether one order of their calls
// explains everything they were told.
func M3AccountIsLinearizable(t *testing.T, open Open) {
	const writers, calls = 32, 6
	store, fake := open(t), clock.NewFake(noon)
	processes := []ledger{on(t, store, fake), on(t, store, fake)}
	if _, err := processes[0].SetBudget(t.Context(), "p1", "INR", domain.Rules{Clawback: domain.ClawbackNetFromFuture}); err != nil {
		t.Fatal(err)
	}
	var now atomic.Int64
	var mu sync.Mutex
	var history []porcupine.Operation
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(w))) //nolint:gosec // a test wants the same numbers each time
			for range calls {
				call := linearCall{what: []string{"issue", "issue", "reverse", "debit", "balance"}[random.IntN(5)], n: random.IntN(30)}
				begin := now.Add(1)
				answer, err := processes[w%2].linear(t, call)
				end := now.Add(1)
				if err != nil {
					t.Errorf("%+v: %v", call, err)
					return
				}
				mu.Lock()
				history = append(history, porcupine.Operation{ClientId: w, Input: call, Call: begin, Output: answer, Return: end})
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if result := porcupine.CheckOperationsTimeout(linearModel, history, time.Minute); result != porcupine.Ok {
		t.Errorf("no order explains %d calls: %s", len(history), result)
	}
	processes[0].wantWhole(t)
}

// linear makes one call, again while its outcome is unknown.
func (l ledger) linear(t *testing.T, call linearCall) (linearAnswer, error) {
	for {
		answer, err := l.linearOnce(t, call)
		switch {
		case errs.IsTransient(err):
			continue
		case errs.Reason(err) == app.ReasonRewardNotFound || errs.Reason(err) == app.ReasonInsufficientFunds:
			return linearAnswer{refusal: errs.Reason(err)}, nil
		default:
			return answer, err
		}
	}
}

func (l ledger) linearOnce(t *testing.T, call linearCall) (linearAnswer, error) {
	r := free(call.n)
	r.Amount = linearReward
	var p app.Posted
	var err error
	switch call.what {
	case "issue":
		p, err = l.Issue(t.Context(), r)
	case "reverse":
		p, err = l.Reverse(t.Context(), reverseOf(r, "REFUND"))
	case "debit":
		p, err = l.Adjust(t.Context(), domain.Adjustment{
			ID: call.command(), User: "ann", Amount: -linearDebit, Currency: "INR", Reason: "test", Actor: "root",
		})
	default:
		account, err := l.Balance(t.Context(), "ann", "INR")
		return linearAnswer{seq: account.Postings, available: account.Available, owed: account.Owed}, err
	}
	return linearAnswer{seq: p.Seq, available: p.After.Available, owed: p.After.Owed, amount: p.Amount, owedPart: p.OwedPart}, err
}
