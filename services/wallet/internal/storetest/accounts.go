package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Accounts are the rules about accounts, by name.
var Accounts = map[string]func(*testing.T, Open){
	"M1_AdjustmentThatOverflowsIsRefused":        M1AdjustmentThatOverflowsIsRefused,
	"M2_AdjustmentIsMadeOnce":                    M2AdjustmentIsMadeOnce,
	"M2_CutOffAdjustmentIsFinished":              M2CutOffAdjustmentIsFinished,
	"M3_AdjustmentHasTwoSides":                   M3AdjustmentHasTwoSides,
	"M3_AdjustmentNeedsCover":                    M3AdjustmentNeedsCover,
	"M5_OwedIsPaidOffByEveryCredit":              M5OwedIsPaidOffByEveryCredit,
	"M7_AccountsAreFrozenAndThawed":              M7AccountsAreFrozenAndThawed,
	"M7_FreezingRacesHaveOneWinner":              M7FreezingRacesHaveOneWinner,
	"M7_OnlyEmptyAccountsAreClosed":              M7OnlyEmptyAccountsAreClosed,
	"M7_NothingReachesAClosedAccountByAdjusting": M7NothingReachesAClosedAccountByAdjusting,
}

// adjustment is a correction of ann's account.
func adjustment(n int, amount int64) domain.Adjustment {
	return domain.Adjustment{
		ID: fmt.Sprintf("adjust/%d", n), User: "ann", Amount: amount, Currency: "INR", Reason: "goodwill", Actor: "root",
		TraceID: "0af7651916cd43dd8448eb211c80319c",
	}
}

// adjust makes an adjustment that must be made.
func (l ledger) adjust(t testing.TB, a domain.Adjustment) app.Posted {
	t.Helper()
	p, err := l.Adjust(t.Context(), a)
	if err != nil {
		t.Fatalf("%s: %v", a.ID, err)
	}
	return p
}

// change changes the state of ann's account, which must be possible.
func (l ledger) change(t testing.TB, to domain.AccountStatus) (app.Account, bool) {
	t.Helper()
	account, replayed, err := l.ChangeStatus(t.Context(), statusOf(to))
	if err != nil {
		t.Fatalf("change to %q: %v", to, err)
	}
	return account, replayed
}

// wantField fails unless err refuses one field with a reason.
func wantField(t testing.TB, err error, reason, field string) {
	t.Helper()
	wantRefusal(t, err, errs.InvalidArgument, reason)
	var e *errs.Error
	if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Field != field {
		t.Fatalf("it does not name %s: %+v", field, err)
	}
}

func statusOf(to domain.AccountStatus) domain.StatusChange {
	return domain.StatusChange{User: "ann", Currency: "INR", To: to, Reason: "review", Actor: "root"}
}

// wantAccount fails unless ann's account is as told.
func (l ledger) wantAccount(t testing.TB, want app.Account) {
	t.Helper()
	if got, err := l.Balance(t.Context(), "ann", "INR"); err != nil || got != want {
		t.Fatalf("the account is %+v, %v; want %+v", got, err, want)
	}
}

// M3AdjustmentHasTwoSides checks what an adjustment moves and says.
func M3AdjustmentHasTwoSides(t *testing.T, open Open) {
	l := start(t, open)
	l.issue(t, free(1))
	p := l.adjust(t, adjustment(1, 700))
	if p.Kind != domain.PostingAdjustmentCredit || p.Source != domain.AdjustmentAccount || p.Destination != "user/ann/available" ||
		p.Amount != 700 || p.Reason != "goodwill" || p.Actor != "root" || p.TraceID == "" || p.CommandID != "adjust/1" || p.Seq != 2 {
		t.Fatalf("got %+v", p)
	}
	p = l.adjust(t, adjustment(2, -200))
	if p.Kind != domain.PostingAdjustmentDebit || p.Source != "user/ann/available" || p.Destination != domain.AdjustmentAccount ||
		p.Amount != 200 || p.After.Available != 5500 {
		t.Fatalf("got %+v", p)
	}
	// What is corrected was not earned.
	l.wantAccount(t, app.Account{Balances: domain.Balances{Available: 5500, Earned: 5000}, Postings: 3})
	l.wantWhole(t)
}

// M3AdjustmentNeedsCover checks debits beyond the available balance, and contents that can never be right.
func M3AdjustmentNeedsCover(t *testing.T, open Open) {
	l := start(t, open)
	l.adjust(t, adjustment(1, 100))
	_, err := l.Adjust(t.Context(), adjustment(2, -101))
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonInsufficientFunds)
	for field, change := range map[string]func(*domain.Adjustment){
		"amount_minor": func(a *domain.Adjustment) { a.Amount = 0 },
		"currency":     func(a *domain.Adjustment) { a.Currency = "" },
		"reason":       func(a *domain.Adjustment) { a.Reason = "" },
	} {
		bad := adjustment(3, domain.MaxAmount)
		change(&bad)
		_, err := l.Adjust(t.Context(), bad)
		wantField(t, err, app.ReasonCommandInvalid, field)
	}
	l.wantAccount(t, app.Account{Balances: domain.Balances{Available: 100}, Postings: 1})
	l.adjust(t, adjustment(4, -100)) // all of it
	forced := adjustment(5, -1)
	forced.AllowNegative = true
	l.adjust(t, forced)
	l.wantAccount(t, app.Account{Balances: domain.Balances{Available: -1}, Postings: 3})
	l.adjust(t, adjustment(6, 1))
	// What was refused had claimed nothing that stands in the way of the same command.
	l.adjust(t, adjustment(7, 101))
	l.adjust(t, adjustment(2, -101))
	l.wantAccount(t, app.Account{Postings: 6})
	l.wantWhole(t)
}

// M1AdjustmentThatOverflowsIsRefused checks both ends of the range of balances.
func M1AdjustmentThatOverflowsIsRefused(t *testing.T, open Open) {
	l := start(t, open)
	for i, edge := range []int64{1<<63 - 5, -1<<63 + 5} {
		l.fill(t, fmt.Sprintf("test/fill%d", i), edge)
		a := adjustment(1, 6)
		if edge < 0 {
			a.Amount, a.AllowNegative = -6, true
		}
		_, err := l.Adjust(t.Context(), a)
		wantRefusal(t, err, errs.InvalidArgument, app.ReasonAmountOverflow)
		l.wantAccount(t, app.Account{Balances: domain.Balances{Available: edge}, Postings: int64(i + 1)})
	}
}

// fill writes a posting that leaves ann with an available balance.
func (l ledger) fill(t testing.TB, id string, available int64) {
	t.Helper()
	_, err := l.log.Append(t.Context(), chain.Append[domain.Line]{
		Key: domain.AccountKey("ann", "INR"), Command: command.New(id, "test.fill.v1"),
		Step: func(*chain.Entry[domain.Line]) (domain.Line, error) {
			return domain.Line{Posting: &domain.Posting{User: "ann", Currency: "INR", After: domain.Balances{Available: available}}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// M2AdjustmentIsMadeOnce checks replays in one process and in another, and ids that return with other contents.
func M2AdjustmentIsMadeOnce(t *testing.T, open Open) {
	store := open(t)
	l := on(t, store, clock.NewFake(noon))
	first := l.adjust(t, adjustment(1, 700))
	for _, process := range []ledger{l, on(t, store, l.clock)} {
		again := adjustment(1, 700)
		again.Actor, again.TraceID = "another", "" // who sends it again means the same adjustment
		p := process.adjust(t, again)
		if !p.Replayed || p.Hash != first.Hash || p.Actor != "root" {
			t.Fatalf("replayed %+v, first was %+v", p, first)
		}
		for name, change := range map[string]func(*domain.Adjustment){
			"amount":         func(a *domain.Adjustment) { a.Amount++ },
			"sign":           func(a *domain.Adjustment) { a.Amount = -a.Amount },
			"reason":         func(a *domain.Adjustment) { a.Reason = "theft" },
			"allow_negative": func(a *domain.Adjustment) { a.AllowNegative = true },
			"person":         func(a *domain.Adjustment) { a.User = "bob" },
			"currency":       func(a *domain.Adjustment) { a.Currency = "USD" },
		} {
			other := adjustment(1, 700)
			change(&other)
			if _, err := process.Adjust(t.Context(), other); errs.Reason(err) != command.ReasonReused {
				t.Errorf("another %s: got %v", name, err)
			}
		}
	}
	l.wantAccount(t, app.Account{Balances: domain.Balances{Available: 700}, Postings: 1})
	for user, currency := range map[string]string{"bob": "INR", "ann": "USD"} {
		if account, err := l.Balance(t.Context(), user, currency); err != nil || account != (app.Account{}) {
			t.Fatalf("%s has %+v, %v", user, account, err)
		}
	}
}

// M2CutOffAdjustmentIsFinished cuts an adjustment off before, between and after its two writes.
func M2CutOffAdjustmentIsFinished(t *testing.T, open Open) {
	store := open(t)
	l := on(t, store, clock.NewFake(noon))
	for written := range 3 {
		mortal := NewMortal(store)
		dying := on(t, mortal, l.clock)
		a := adjustment(written, 100)
		if written > 0 {
			mortal.DieAfter(written)
			if _, err := dying.Adjust(t.Context(), a); written < 2 && !errs.IsTransient(err) {
				t.Fatalf("cut off after %d writes, got %v", written, err)
			}
		}
		if p := l.adjust(t, a); p.Seq != int64(written+1) {
			t.Fatalf("cut off after %d writes, got %+v", written, p)
		}
	}
	l.wantAccount(t, app.Account{Balances: domain.Balances{Available: 300}, Postings: 3})
	l.wantWhole(t)
}

// M5OwedIsPaidOffByEveryCredit checks that what a person owes is paid off by a reward without hold, by a release and by an
// adjustment, each as far as it goes, and that the cancellation of a hold leaves it alone.
func M5OwedIsPaidOffByEveryCredit(t *testing.T, open Open) {
	l := start(t, open)
	l.issue(t, free(1))
	l.issue(t, referral(2))
	l.issue(t, referral(3))
	l.adjust(t, adjustment(1, -4000))
	l.rule(t, domain.Rules{Clawback: domain.ClawbackNetFromFuture})
	if p := l.reverse(t, free(1)); p.OwedPart != 4000 || p.After.Available != 0 { // 1,000 of 5,000 is there
		t.Fatalf("a reversal: %+v", p)
	}
	l.wantAccount(t, app.Account{Balances: domain.Balances{Held: 10000, Owed: 4000, Earned: 10000}, Postings: 5})
	if p := l.reverse(t, referral(2)); p.Kind != domain.PostingHoldReversal || p.OwedPart != 0 || p.After.Owed != 4000 {
		t.Fatalf("the cancellation of a hold: %+v", p)
	}
	if p := l.adjust(t, adjustment(2, 500)); p.OwedPart != 500 || p.After.Owed != 3500 || p.After.Available != 0 {
		t.Fatalf("an adjustment: %+v", p)
	}
	small := free(4)
	small.Amount = 1500
	if p := l.issue(t, small); p.OwedPart != 1500 || p.After.Owed != 2000 || p.After.Available != 0 {
		t.Fatalf("a reward without hold: %+v", p)
	}
	l.clock.Advance(referral(3).Hold)
	if p := l.release(t, referral(3)); p.OwedPart != 2000 || p.After.Owed != 0 || p.After.Available != 3000 {
		t.Fatalf("a release: %+v", p)
	}
	if p := l.issue(t, free(5)); p.OwedPart != 0 || p.After.Available != 8000 {
		t.Fatalf("nothing is owed any more: %+v", p)
	}
	l.wantWhole(t)
}

// M7AccountsAreFrozenAndThawed checks that changes of an account are idempotent by its state, and that a frozen one earns.
func M7AccountsAreFrozenAndThawed(t *testing.T, open Open) {
	store := open(t)
	l := on(t, store, clock.NewFake(noon))
	if account, replayed := l.change(t, domain.AccountActive); !replayed || account != (app.Account{}) {
		t.Fatalf("thawing what is not frozen: %+v, %v", account, replayed)
	}
	frozen := app.Account{Balances: domain.Balances{Status: domain.AccountFrozen}, Postings: 1}
	if account, replayed := l.change(t, domain.AccountFrozen); replayed || account != frozen {
		t.Fatalf("got %+v, %v", account, replayed)
	}
	for _, process := range []ledger{l, on(t, store, l.clock)} {
		if account, replayed := process.change(t, domain.AccountFrozen); !replayed || account != frozen {
			t.Fatalf("again: %+v, %v", account, replayed)
		}
	}
	if p := l.issue(t, free(1)); p.After.Available != 5000 || p.After.Status != domain.AccountFrozen {
		t.Fatalf("a frozen account must earn: %+v", p)
	}
	l.adjust(t, adjustment(1, -10))
	for _, to := range []domain.AccountStatus{domain.AccountActive, domain.AccountFrozen, domain.AccountActive} {
		if account, replayed := l.change(t, to); replayed || account.Status != to || account.Available != 4990 {
			t.Fatalf("got %+v, %v", account, replayed)
		}
	}
	list, _, err := l.Postings(t.Context(), "ann", "INR", 0, 10)
	if err != nil || len(list) != 6 {
		t.Fatalf("got %d postings, %v", len(list), err)
	}
	thawed := list[0]
	if thawed.Kind != domain.PostingAccountUnfrozen || thawed.Amount != 0 || thawed.Source != "" || thawed.Destination != "" ||
		thawed.Reason != "review" || thawed.Actor != "root" || thawed.CommandID != "unfreeze/5" {
		t.Fatalf("got %+v", thawed)
	}
}

// M7FreezingRacesHaveOneWinner freezes one account from many callers in two processes at once.
func M7FreezingRacesHaveOneWinner(t *testing.T, open Open) {
	store := open(t)
	one := on(t, store, clock.NewFake(noon))
	two := on(t, store, one.clock)
	one.issue(t, free(1))
	var mu sync.Mutex
	winners := 0
	begin := make(chan struct{})
	var wait sync.WaitGroup
	for i := range racers {
		process := []ledger{one, two}[i%2]
		wait.Go(func() {
			<-begin
			account, replayed, err := process.ChangeStatus(t.Context(), statusOf(domain.AccountFrozen))
			if err != nil || account.Status != domain.AccountFrozen {
				t.Errorf("racer %d: %+v, %v", i, account, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if !replayed {
				winners++
			}
		})
	}
	close(begin)
	wait.Wait()
	account, err := one.Balance(t.Context(), "ann", "INR")
	if err != nil || account.Postings != 2 {
		t.Fatalf("%d winners left %+v, %v", winners, account, err)
	}
	// Two processes that write the same entry in the same millisecond may both find that they were first.
	if winners < 1 || winners > 2 {
		t.Fatalf("%d racers froze it", winners)
	}
}

// M7OnlyEmptyAccountsAreClosed checks that closing names what is left, and is final.
func M7OnlyEmptyAccountsAreClosed(t *testing.T, open Open) {
	l := start(t, open)
	l.issue(t, referral(1))
	l.adjust(t, adjustment(1, 1250))
	_, _, err := l.ChangeStatus(t.Context(), statusOf(domain.AccountClosed))
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonAccountNotEmpty)
	if !strings.Contains(err.Error(), "INR 50.00 held, INR 12.50 available") {
		t.Fatalf("it does not say what is left: %v", err)
	}
	l.reverse(t, referral(1))
	negative := adjustment(2, -1251)
	negative.AllowNegative = true
	l.adjust(t, negative)
	_, _, err = l.ChangeStatus(t.Context(), statusOf(domain.AccountClosed))
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonAccountNotEmpty)
	l.adjust(t, adjustment(3, 1))
	l.change(t, domain.AccountFrozen)
	closed, replayed := l.change(t, domain.AccountClosed)
	if replayed || closed.Status != domain.AccountClosed {
		t.Fatalf("got %+v, %v", closed, replayed)
	}
	if again, replayed := l.change(t, domain.AccountClosed); !replayed || again != closed {
		t.Fatalf("got %+v, %v", again, replayed)
	}
	for _, to := range []domain.AccountStatus{domain.AccountActive, domain.AccountFrozen} {
		_, _, err := l.ChangeStatus(t.Context(), statusOf(to))
		wantRefusal(t, err, errs.FailedPrecondition, app.ReasonAccountClosed)
	}
	l.wantAccount(t, closed)
	l.wantWhole(t)
}

// M7NothingReachesAClosedAccountByAdjusting checks both signs, and that the refusal leaves nothing.
func M7NothingReachesAClosedAccountByAdjusting(t *testing.T, open Open) {
	l := start(t, open)
	closed, _ := l.change(t, domain.AccountClosed)
	for n, amount := range []int64{1, -1} {
		a := adjustment(n, amount)
		a.AllowNegative = true
		_, err := l.Adjust(t.Context(), a)
		wantRefusal(t, err, errs.FailedPrecondition, app.ReasonAccountClosed)
		if _, found, err := l.log.Find(t.Context(), domain.ClaimKey(a.ID), a.ID); found || err != nil {
			t.Fatalf("a refused adjustment claimed its id: %v, %v", found, err)
		}
	}
	l.wantAccount(t, closed)
}
