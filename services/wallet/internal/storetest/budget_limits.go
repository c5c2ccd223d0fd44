package storetest

import (
	"testing"
	"time"

	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// kolkata is the default zone; its day begins at 18:30 UTC.
const kolkata = 18*time.Hour + 30*time.Minute

// M6ExhaustedBudgetRefuses checks that a reward is refused when it does not fit, says why, and leaves nothing behind.
func M6ExhaustedBudgetRefuses(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l := b.process(t)
	l.limit(t, perProgram(domain.PeriodTotal, 10_000))
	l.issue(t, worth(1, 7000))
	l.wantExhausted(t, worth(2, 3001), "TOTAL limit of INR 100.00", "leaves INR 30.00", "the reward is INR 30.01", "SetBudget")
	l.wantExhausted(t, worth(2, 3001))
	l.issue(t, worth(3, 3000))
	for _, process := range []ledger{l, b.process(t)} {
		process.wantExhausted(t, worth(4, 1), "leaves INR 0.00")
		if again := process.issue(t, worth(1, 7000)); !again.Replayed {
			t.Fatal("a paid reward was not replayed")
		}
	}
	l.wantUsed(t, 10_000)
	l.wantBalance(t, 0, 10_000, 2)
	l.reverse(t, worth(1, 7000))
	l.issue(t, worth(2, 3001)) // the refusal was for then
	l.wantUsed(t, 6001)
	l.limit(t, perProgram(domain.PeriodTotal, 0))
	l.wantExhausted(t, worth(5, 1))
	l.limit(t)
	l.issue(t, worth(5, 1))
	l.wantWhole(t)
}

// M6LimitCountsWhatWasGivenBefore checks that limits set later count what the present periods had already.
func M6LimitCountsWhatWasGivenBefore(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l := b.process(t)
	for n := range 40 {
		l.issue(t, worth(n, 100))
	}
	l.reverse(t, worth(0, 100))
	l.clock.Advance(24 * time.Hour)
	for n := 40; n < 60; n++ {
		l.issue(t, worth(n, 10))
	}
	l.reverse(t, worth(1, 100)) // of the day before
	l.reverse(t, worth(40, 10))
	all := []domain.Limit{
		perProgram(domain.PeriodDay, 1000), perProgram(domain.PeriodMonth, 5000), perProgram(domain.PeriodTotal, 5000), perProgram(domain.PeriodWeek, 5000),
	}
	l.limit(t, all...)
	l.wantUsed(t, 190, 3990, 3990, 3990)
	l.wantExhausted(t, worth(100, 811), "DAY limit")
	l.issue(t, worth(100, 810))
	l.wantUsed(t, 1000, 4800, 4800, 4800)
	all[0].Amount, all[2].Amount = 100_000, 4900
	l.limit(t, all...)
	l.wantUsed(t, 1000, 4800, 4800, 4800)
	l.wantExhausted(t, worth(101, 101), "TOTAL limit")
	l.issue(t, worth(101, 100))
	l.wantWhole(t)
}

// M6PeriodsEndInTheZoneOfTheProgramme checks days, weeks and months in Asia/Kolkata.
func M6PeriodsEndInTheZoneOfTheProgramme(t *testing.T, open BudgetStores) {
	for period, ends := range map[domain.Period]time.Time{
		domain.PeriodDay:   time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC).Add(kolkata),
		domain.PeriodWeek:  time.Date(2026, 1, 4, 0, 0, 0, 0, time.UTC).Add(kolkata), // Monday, 5 January
		domain.PeriodMonth: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC).Add(kolkata),
	} {
		b := openBudgets(t, open)
		l, other := b.process(t), b.process(t)
		l.limit(t, perProgram(period, 100))
		l.issue(t, worth(1, 60))
		other.wantExhausted(t, worth(2, 41), string(period)+" limit", "next period", ends.In(kolkataZone(t)).Format(time.RFC3339))
		l.clock.Advance(ends.Sub(noon) - time.Millisecond)
		other.wantExhausted(t, worth(2, 41))
		l.clock.Advance(time.Millisecond)
		l.wantUsed(t, 0)
		other.issue(t, worth(2, 41))
		l.issue(t, worth(3, 59))
		other.wantExhausted(t, worth(4, 1))
		l.wantUsed(t, 100)
		l.wantWhole(t)
	}
}

func kolkataZone(t testing.TB) *time.Location {
	t.Helper()
	zone, err := domain.Zone("")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// M6ReversalGivesBackToItsPeriod checks that what comes back does not make room in a later period.
func M6ReversalGivesBackToItsPeriod(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l, other := b.process(t), b.process(t)
	l.limit(t, perProgram(domain.PeriodDay, 100), perProgram(domain.PeriodMonth, 150), perReferrer(domain.PeriodDay, 100))
	yesterday := referral(1)
	yesterday.Amount = 90
	l.issue(t, yesterday)
	l.issue(t, worth(2, 10))
	l.clock.Advance(12 * time.Hour) // another day, the same month
	other.issue(t, worth(3, 50))
	l.wantUsed(t, 50, 150)
	l.wantExhausted(t, worth(4, 20), "MONTH limit")
	other.reverse(t, yesterday)
	l.wantUsed(t, 50, 60)
	l.issue(t, worth(4, 20))
	l.reverse(t, worth(2, 10))
	l.wantUsed(t, 70, 70)
	l.wantExhausted(t, worth(5, 31), "limit", "leaves INR 0.30")
	if own := l.budget(t).ReferrerLimits; own[0].Used.Amount != 70 {
		t.Fatalf("the referrer used %+v", own)
	}
	other.reverse(t, worth(3, 50))
	l.wantUsed(t, 20, 20)
	if own := l.budget(t).ReferrerLimits; own[0].Used.Amount != 20 {
		t.Fatalf("the referrer used %+v", own)
	}
	l.wantWhole(t)
}

// M6LoweredLimitRefusesUntilEnoughCameBack checks a limit that is set below what was used.
func M6LoweredLimitRefusesUntilEnoughCameBack(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l := b.process(t)
	l.limit(t, perProgram(domain.PeriodTotal, 1000))
	for n := range 5 {
		l.issue(t, worth(n, 100))
	}
	if lowered := l.limit(t, perProgram(domain.PeriodTotal, 250)); lowered.Limits[0].Left() != 0 || lowered.Limits[0].Used.Amount != 500 {
		t.Fatalf("got %+v", lowered.Limits)
	}
	for n := range 3 {
		l.wantExhausted(t, worth(10, 50))
		l.reverse(t, worth(n, 100))
	}
	l.wantUsed(t, 200)
	l.issue(t, worth(10, 50))
	l.wantExhausted(t, worth(11, 1))
	l.limit(t, perProgram(domain.PeriodTotal, 251))
	l.issue(t, worth(11, 1))
	l.wantWhole(t)
}

// M6WarnsOnceInAPeriod checks the warnings at 80 % and 100 %, and that a new period begins without.
func M6WarnsOnceInAPeriod(t *testing.T, open BudgetStores) {
	b := openBudgets(t, open)
	l := b.process(t)
	l.limit(t, perProgram(domain.PeriodDay, 1000))
	l.issue(t, worth(1, 700))
	if w := l.budget(t).Warnings; len(w) != 0 {
		t.Fatalf("warned at 70 %%: %+v", w)
	}
	l.clock.Advance(time.Minute)
	l.issue(t, worth(2, 100))
	w := l.budget(t).Warnings
	if len(w) != 1 || w[0].Percent != 80 || !w[0].At.Equal(noon.Add(time.Minute)) || w[0].Limit.Period != domain.PeriodDay {
		t.Fatalf("got %+v", w)
	}
	l.clock.Advance(time.Minute)
	l.wantExhausted(t, worth(3, 500))
	l.wantExhausted(t, worth(3, 500))
	l.clock.Advance(time.Minute)
	l.issue(t, worth(4, 200))
	if w = l.budget(t).Warnings; len(w) != 2 || w[1].Percent != 100 || !w[1].At.Equal(noon.Add(2*time.Minute)) {
		t.Fatalf("got %+v", w)
	}
	l.clock.Advance(12 * time.Hour)
	if w = l.budget(t).Warnings; len(w) != 0 {
		t.Fatalf("a new day began with %+v", w)
	}
	l.issue(t, worth(5, 800))
	if w = l.budget(t).Warnings; len(w) != 1 || w[0].Percent != 80 {
		t.Fatalf("got %+v", w)
	}
}
