package storetest

import (
	"errors"
	"math"
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// M1OverflowIsRefused checks that a reward which does not fit the balance changes nothing.
func M1OverflowIsRefused(t *testing.T, open Open) {
	l := start(t, open)
	l.issue(t, referral(1))
	_, err := l.log.Append(t.Context(), chain.Append[domain.Line]{
		Key: domain.AccountKey("ann", "INR"), Command: command.New("test/fill", "test.fill.v1"),
		Step: func(head *chain.Entry[domain.Line]) (domain.Line, error) {
			full := *head.Body.Posting
			full.After.Held = math.MaxInt64 - 4999
			return domain.Line{Posting: &full}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Issue(t.Context(), referral(2))
	wantRefusal(t, err, errs.InvalidArgument, app.ReasonAmountOverflow)
	key := domain.BudgetKey("p1", "INR", referral(2).ID)
	if _, found, err := l.log.Find(t.Context(), key, referral(2).ID); found || err != nil {
		t.Fatalf("the budget counted a refused reward: %v, %v", found, err)
	}
}

// M1OneCurrencyPerProgramme checks that the first reward fixes the currency of a programme.
func M1OneCurrencyPerProgramme(t *testing.T, open Open) {
	store := open(t)
	l := on(t, store, clock.NewFake(noon))
	l.issue(t, referral(1))
	other := on(t, store, l.clock) // a process that has not seen the programme yet
	for _, process := range []ledger{l, other} {
		foreign := referral(2)
		foreign.Currency = "USD"
		_, err := process.Issue(t.Context(), foreign)
		wantRefusal(t, err, errs.FailedPrecondition, app.ReasonCurrencyMismatch)
		known := referral(1)
		known.Currency = "USD"
		_, err = process.Issue(t.Context(), known)
		wantRefusal(t, err, errs.AlreadyExists, command.ReasonReused)
	}
	another := referral(3)
	another.ID, another.ProgramID, another.Currency = "reward/p2/r3/completed/REFERRER", "p2", "USD"
	l.issue(t, another)
	l.wantBalance(t, 5000, 0, 1)
	l.wantWhole(t)
}

// M2ReplayReturnsTheFirstPosting checks that commands are executed once, in one process and across processes.
func M2ReplayReturnsTheFirstPosting(t *testing.T, open Open) {
	store := open(t)
	l := on(t, store, clock.NewFake(noon))
	first := l.issue(t, referral(1))
	if first.Replayed || first.Kind != domain.PostingRewardHeld || first.Seq != 1 || !first.ReleaseAt.Equal(noon.Add(referral(1).Hold)) {
		t.Fatalf("got %+v", first)
	}
	l.clock.Advance(referral(1).Hold)
	for _, process := range []ledger{l, on(t, store, l.clock)} {
		again := process.issue(t, referral(1))
		if !again.Replayed {
			t.Fatal("the replay does not say so")
		}
		again.Replayed = false
		if again != first {
			t.Fatalf("replayed %+v, first was %+v", again, first)
		}
	}
	released := l.release(t, referral(1))
	again := on(t, store, l.clock).release(t, referral(1))
	if released.Replayed || !again.Replayed || again.Hash != released.Hash || again.CommandID != domain.ReleaseID(referral(1).ID) {
		t.Fatalf("replayed %+v, first was %+v", again, released)
	}
	l.wantBalance(t, 0, 5000, 2)
	l.wantWhole(t)
}

// M2ReusedIDIsRefused checks that an id with other contents changes nothing.
func M2ReusedIDIsRefused(t *testing.T, open Open) {
	l := start(t, open)
	l.issue(t, referral(1))
	for name, change := range map[string]func(*domain.Reward){
		"amount":  func(r *domain.Reward) { r.Amount++ },
		"hold":    func(r *domain.Reward) { r.Hold-- },
		"tier":    func(r *domain.Reward) { r.Tier = "PRO" },
		"version": func(r *domain.Reward) { r.ProgramVersion++ },
	} {
		r := referral(1)
		change(&r)
		_, err := l.Issue(t.Context(), r)
		if errs.Reason(err) != command.ReasonReused {
			t.Errorf("another %s: got %v", name, err)
		}
	}
	r := referral(1)
	r.ReferralID = "r2"
	_, err := l.Issue(t.Context(), r)
	wantRefusal(t, err, errs.InvalidArgument, app.ReasonCommandInvalid)
	var e *errs.Error
	if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Field != "command_id" {
		t.Fatalf("got %+v", err)
	}
	l.wantBalance(t, 5000, 0, 1)
	l.wantWhole(t)
}

// M6BudgetCatchesAnotherBeneficiary checks that an id that returns with another person is caught before it is posted.
func M6BudgetCatchesAnotherBeneficiary(t *testing.T, open Open) {
	l := start(t, open)
	l.issue(t, referral(1))
	r := referral(1)
	r.Beneficiary = "bob"
	_, err := l.Issue(t.Context(), r)
	wantRefusal(t, err, errs.AlreadyExists, command.ReasonReused)
	if account, err := l.Balance(t.Context(), "bob", "INR"); err != nil || account != (app.Account{}) {
		t.Fatalf("bob has %+v, %v", account, err)
	}
	l.wantBalance(t, 5000, 0, 1)
	l.wantWhole(t)
}
