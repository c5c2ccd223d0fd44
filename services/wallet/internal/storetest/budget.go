package storetest

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// OpenQueue returns an empty queue that ends with the test.
type OpenQueue func(testing.TB) app.Queue

// BudgetStores opens what budgets are kept in.
type BudgetStores struct {
	Ledger Open
	Queue  OpenQueue
	// Stride is how many documents lie between two cuts of a test that ends processes, where opening stores takes long; 0
	// means 1: after every document.
	Stride int
}

// RunBudgets runs the rules of budgets against stores.
func RunBudgets(t *testing.T, open BudgetStores) {
	for name, test := range map[string]func(*testing.T, BudgetStores){
		"M5_ClawbackFollowsTheProgramme":            M5ClawbackFollowsTheProgramme,
		"M6_BudgetTellsItsRulesAndWhatItGave":       M6BudgetTellsItsRulesAndWhatItGave,
		"M6_RulesThatCannotBeAreRefused":            M6RulesThatCannotBeAreRefused,
		"M6_ExhaustedBudgetRefuses":                 M6ExhaustedBudgetRefuses,
		"M6_LimitCountsWhatWasGivenBefore":          M6LimitCountsWhatWasGivenBefore,
		"M6_PeriodsEndInTheZoneOfTheProgramme":      M6PeriodsEndInTheZoneOfTheProgramme,
		"M6_ReversalGivesBackToItsPeriod":           M6ReversalGivesBackToItsPeriod,
		"M6_LoweredLimitRefusesUntilEnoughCameBack": M6LoweredLimitRefusesUntilEnoughCameBack,
		"M6_WarnsOnceInAPeriod":                     M6WarnsOnceInAPeriod,
		"M6_ReferrerLimits":                         M6ReferrerLimits,
		"M6_ReferrerLimitsCountThePast":             M6ReferrerLimitsCountThePast,
		"M6_RefusedForGood":                         M6RefusedForGood,
		"M6_CountedRewardFollowsTheRulesInForce":    M6CountedRewardFollowsTheRulesInForce,
		"M6_ProcessesFollowNewRules":                M6ProcessesFollowNewRules,
		"M6_WritersStayWithinTheLimit":              M6WritersStayWithinTheLimit,
		"M6_AllThatFitsIsPaid":                      M6AllThatFitsIsPaid,
		"M6_OneIDWaitsOnce":                         M6OneIDWaitsOnce,
		"M6_QueuedRewardIsPaidWhenBudgetReturns":    M6QueuedRewardIsPaidWhenBudgetReturns,
		"M6_QueuedRewardIsTakenBack":                M6QueuedRewardIsTakenBack,
		"M6_QueueKeepsItsOrder":                     M6QueueKeepsItsOrder,
		"M6_CrashInARefillIsHealed":                 M6CrashInARefillIsHealed,
		"M6_CrashInNewRulesIsHealed":                M6CrashInNewRulesIsHealed,
		"M6_CrashInAReversalIsFinished":             M6CrashInAReversalIsFinished,
		"M6_CrashInARefusalIsFinished":              M6CrashInARefusalIsFinished,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

// budgets are the stores of one test, and its clock.
type budgets struct {
	store chain.Store[domain.Line]
	queue app.Queue
	clock *clock.Fake
}

func openBudgets(t testing.TB, open BudgetStores) budgets {
	t.Helper()
	return budgets{store: open.Ledger(t), queue: open.Queue(t), clock: clock.NewFake(noon)}
}

// process returns a process on the stores.
func (b budgets) process(t testing.TB) ledger { return b.processOn(t, b.store) }

// processOn returns a process that sees the ledger through another store.
func (b budgets) processOn(t testing.TB, store chain.Store[domain.Line]) ledger {
	t.Helper()
	log := chain.New(store, chain.Options{Clock: impatient{b.clock}, Name: "wallet.test", Attempts: 2})
	t.Cleanup(func() {
		if err := log.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("close the log: %v", err)
		}
	})
	return ledger{Ledger: app.NewLedger(log, b.clock, app.WithQueue(b.queue), app.WithLogger(slog.New(slog.DiscardHandler))), clock: b.clock, log: log}
}

// perProgram and perReferrer make limits.
func perProgram(period domain.Period, amount int64) domain.Limit {
	return domain.Limit{Scope: domain.ScopeProgram, Period: period, Amount: amount}
}

func perReferrer(period domain.Period, amount int64) domain.Limit {
	return domain.Limit{Scope: domain.ScopeReferrer, Period: period, Amount: amount}
}

// limit sets limits that must be set, with other rules left to their defaults.
func (l ledger) limit(t testing.TB, limits ...domain.Limit) app.Budget {
	t.Helper()
	return l.rule(t, domain.Rules{Limits: limits})
}

// rule sets rules that must be set.
func (l ledger) rule(t testing.TB, rules domain.Rules) app.Budget {
	t.Helper()
	b, err := l.SetBudget(t.Context(), "p1", "INR", rules)
	if err != nil {
		t.Fatalf("set budget %+v: %v", rules, err)
	}
	return b
}

// budget returns the budget of p1.
func (l ledger) budget(t testing.TB) app.Budget {
	t.Helper()
	b, err := l.Budget(t.Context(), "p1", "ann")
	if err != nil {
		t.Fatalf("get budget: %v", err)
	}
	return b
}

// wantExhausted fails unless a reward is refused because it does not fit.
func (l ledger) wantExhausted(t testing.TB, r domain.Reward, hints ...string) {
	t.Helper()
	_, err := l.Issue(t.Context(), r)
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonBudgetExhausted)
	for _, hint := range hints {
		if !strings.Contains(err.Error(), hint) {
			t.Fatalf("the refusal does not say %q: %v", hint, err)
		}
	}
}

// wantUsed fails unless the limits of the programme are used so far, in their order.
func (l ledger) wantUsed(t testing.TB, used ...int64) {
	t.Helper()
	b := l.budget(t)
	if len(b.Limits) != len(used) {
		t.Fatalf("got %d limits", len(b.Limits))
	}
	for i, want := range used {
		if u := b.Limits[i]; u.Used.Amount != want || u.Left() != max(0, u.Limit.Amount-want) {
			t.Fatalf("%s: %d used and %d left, want %d used", u.Limit.Period, u.Used.Amount, u.Left(), want)
		}
	}
}

// worth returns a reward without hold of an amount.
func worth(n int, amount int64) domain.Reward {
	r := free(n)
	r.Amount = amount
	return r
}

// M5ClawbackFollowsTheProgramme checks the three policies on released rewards; a hold is cancelled under any.
func M5ClawbackFollowsTheProgramme(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l, other := b.process(t), b.process(t)
	l.issue(t, worth(1, 5000))
	l.issue(t, worth(2, 5000))
	l.issue(t, worth(3, 5000))
	l.rule(t, domain.Rules{Clawback: domain.ClawbackBlock})
	for _, process := range []ledger{l, other} {
		_, err := process.Reverse(t.Context(), reverseOf(worth(1, 5000), "FRAUD"))
		wantRefusal(t, err, errs.FailedPrecondition, app.ReasonClawbackBlocked)
	}
	l.issue(t, referral(4))
	other.reverse(t, referral(4)) // held: cancelled
	l.wantBalance(t, 0, 15000, 5)

	l.rule(t, domain.Rules{Clawback: domain.ClawbackNetFromFuture})
	if p := other.reverse(t, worth(1, 5000)); p.OwedPart != 0 || p.After.Available != 10000 {
		t.Fatalf("got %+v", p)
	}
	if got := l.rule(t, domain.Rules{}); got.Rules.Clawback != domain.ClawbackAllowNegative || got.Rules.Version != 3 {
		t.Fatalf("got %+v", got.Rules)
	}
	other.reverse(t, worth(2, 5000))
	l.rule(t, domain.Rules{Clawback: domain.ClawbackBlock})
	if p := other.reverse(t, worth(2, 5000)); !p.Replayed { // what happened stays, whatever the policy is now
		t.Fatalf("got %+v", p)
	}
	l.wantWhole(t)
}

// M6BudgetTellsItsRulesAndWhatItGave checks GetBudget, and that equal rules change nothing.
func M6BudgetTellsItsRulesAndWhatItGave(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l := b.process(t)
	_, err := l.Budget(t.Context(), "p1", "")
	wantRefusal(t, err, errs.NotFound, app.ReasonBudgetNotFound)
	l.issue(t, referral(1))
	l.issue(t, worth(2, 700))
	got := l.budget(t)
	if got.Spent != 700 || got.Reserved != 5000 || got.Currency != "INR" || got.Rules.Version != 0 || len(got.Limits) != 0 ||
		got.Rules.TimeZone != domain.DefaultZone || got.Rules.Clawback != domain.ClawbackAllowNegative {
		t.Fatalf("got %+v", got)
	}
	rules := domain.Rules{
		Limits:        []domain.Limit{perProgram(domain.PeriodTotal, 100_000), perProgram(domain.PeriodDay, 8000), perReferrer(domain.PeriodWeek, 9000)},
		WhenExhausted: domain.ExhaustedQueue, Clawback: domain.ClawbackBlock, TimeZone: "Europe/Berlin",
	}
	got = l.rule(t, rules)
	if got.Rules.Version != 1 || !got.Rules.SetAt.Equal(noon) || got.Rules.WhenExhausted != domain.ExhaustedQueue || got.Rules.TimeZone != "Europe/Berlin" {
		t.Fatalf("got %+v", got.Rules)
	}
	l.clock.Advance(time.Minute)
	for _, process := range []ledger{l, b.process(t)} {
		if again := process.rule(t, rules); again.Rules.Version != 1 || !again.Rules.SetAt.Equal(noon) {
			t.Fatalf("equal rules changed %+v", again.Rules)
		}
	}
	l.wantUsed(t, 5700, 5700) // day, total
	day := l.budget(t).Limits[0]
	if want := time.Date(2026, 1, 1, 23, 0, 0, 0, time.UTC); !day.Used.Start.Equal(want) || !day.Used.End.Equal(want.Add(24*time.Hour)) {
		t.Fatalf("the day is %v", day.Used)
	}
	if own := l.budget(t).ReferrerLimits; len(own) != 1 || own[0].Used.Amount != 5700 || own[0].Left() != 3300 {
		t.Fatalf("got %+v", own)
	}
	l.reverse(t, referral(1))
	l.wantUsed(t, 700, 700)
	if got = l.budget(t); got.Spent != 700 || got.Reserved != 0 || got.ReferrerLimits[0].Used.Amount != 700 {
		t.Fatalf("got %+v", got)
	}
	l.wantWhole(t)
}

// M6RulesThatCannotBeAreRefused checks that nothing is written for them.
func M6RulesThatCannotBeAreRefused(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l := b.process(t)
	for reason, rules := range map[string]domain.Rules{
		app.ReasonLimitRepeated:   {Limits: []domain.Limit{perProgram(domain.PeriodDay, 1), perProgram(domain.PeriodDay, 2)}},
		app.ReasonTimeZoneUnknown: {TimeZone: "Asia/Atlantis"},
	} {
		_, err := l.SetBudget(t.Context(), "p1", "INR", rules)
		wantRefusal(t, err, errs.InvalidArgument, reason)
		var e *errs.Error
		if !errors.As(err, &e) || len(e.Fields) != 1 {
			t.Fatalf("%s names no field: %+v", reason, e)
		}
	}
	_, err := l.Budget(t.Context(), "p1", "")
	wantRefusal(t, err, errs.NotFound, app.ReasonBudgetNotFound)
	l.limit(t, perProgram(domain.PeriodTotal, 5))
	_, err = l.SetBudget(t.Context(), "p1", "USD", domain.Rules{})
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonCurrencyMismatch)
}
