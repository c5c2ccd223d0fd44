package storetest

import (
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// RunReconciliations runs the contract of app.Reconciliations against a store.
func RunReconciliations(t *testing.T, open func(testing.TB) app.Reconciliations) {
	for name, test := range map[string]func(*testing.T, app.Reconciliations){
		"M8_LastResultIsKept":                  M8LastResultIsKept,
		"M8_RunsAreTakenOnce":                  M8RunsAreTakenOnce,
		"M8_ReservationsEndAndAreNotStolen":    M8ReservationsEndAndAreNotStolen,
		"M8_OfTwentyReplicasOneTakesEachRun":   M8OfTwentyReplicasOneTakesEachRun,
		"M8_ReservationsThatAreGoneCannotBack": M8ReservationsThatAreGoneCannotBack,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// M8LastResultIsKept checks that results come back as they were, the one finished last first.
func M8LastResultIsKept(t *testing.T, store app.Reconciliations) {
	if _, ok, err := store.Last(t.Context()); ok || err != nil {
		t.Fatalf("an empty store has %v, %v", ok, err)
	}
	first := app.Reconciliation{
		ID: "b", StartedAt: noon, FinishedAt: noon.Add(time.Second), ZeroSum: true, Accounts: 1, Postings: 2, Redemptions: 3,
		Currencies: []domain.CurrencyTotals{{
			Currency: "INR", ReferrerRewards: 1, RefereeRewards: 2, Bonuses: 3, Reversals: 4, Held: 5, Available: 6, Pending: 7,
			Owed: 8, Budgets: -9, Payouts: 10, Adjustments: -11, Digest: "00",
		}},
		Findings: []domain.Finding{{
			Kind: domain.FindingGap, Account: "user/ann/INR", Seq: 2, Detail: "gone", Documents: []string{"user/ann/INR#000000000002"},
		}},
		FindingCounts: map[domain.FindingKind]int64{domain.FindingGap: 101},
	}
	second := first
	second.ID, second.FinishedAt = "a", first.FinishedAt.Add(time.Hour)
	for i, save := range []app.Reconciliation{first, second, first, second} {
		if err := store.Save(t.Context(), save); err != nil {
			t.Fatal(err)
		}
		want := second
		if i == 0 {
			want = first
		}
		if got, ok, err := store.Last(t.Context()); err != nil || !ok || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, %v, %v; want %+v", got, ok, err, want)
		}
	}
}

// take takes a turn and fails unless the answer is as told.
func take(t testing.TB, store app.Reconciliations, owner string, due, now time.Time, mine bool) app.Turn {
	t.Helper()
	turn, err := store.Take(t.Context(), owner, due, now, now.Add(time.Minute))
	if err != nil || turn.Mine != mine {
		t.Fatalf("%s got %+v, %v", owner, turn, err)
	}
	return turn
}

// M8RunsAreTakenOnce checks that a run that was done is not due any more, and that the first is the next one.
func M8RunsAreTakenOnce(t *testing.T, store app.Reconciliations) {
	if turn := take(t, store, "a", noon, noon, false); !turn.DoneUntil.Equal(noon) {
		t.Fatalf("the first look found %+v", turn)
	}
	next := noon.Add(24 * time.Hour)
	take(t, store, "a", next, next, true)
	if err := store.Done(t.Context(), "a", next); err != nil {
		t.Fatal(err)
	}
	for _, owner := range []string{"a", "b"} {
		if turn := take(t, store, owner, next, next.Add(time.Hour), false); !turn.DoneUntil.Equal(next) {
			t.Fatalf("%s found %+v", owner, turn)
		}
		take(t, store, owner, noon, next, false)
	}
}

// M8ReservationsEndAndAreNotStolen checks that a reservation holds until its end, which may be renewed, and no longer.
func M8ReservationsEndAndAreNotStolen(t *testing.T, store app.Reconciliations) {
	take(t, store, "a", noon, noon, false)
	due := noon.Add(time.Hour)
	take(t, store, "a", due, due, true)
	if turn := take(t, store, "b", due, due.Add(59*time.Second), false); !turn.Until.Equal(due.Add(time.Minute)) || !turn.DoneUntil.Equal(noon) {
		t.Fatalf("found %+v", turn)
	}
	if mine, err := store.Renew(t.Context(), "a", due.Add(59*time.Second), due.Add(2*time.Minute)); err != nil || !mine {
		t.Fatalf("got %v, %v", mine, err)
	}
	take(t, store, "b", due, due.Add(119*time.Second), false)
	take(t, store, "b", due, due.Add(2*time.Minute), true)
	if err := store.Release(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	take(t, store, "c", due, due.Add(2*time.Minute), true)
}

// M8ReservationsThatAreGoneCannotBack checks that whoever lost a reservation changes nothing.
func M8ReservationsThatAreGoneCannotBack(t *testing.T, store app.Reconciliations) {
	take(t, store, "a", noon, noon, false)
	due := noon.Add(time.Hour)
	take(t, store, "a", due, due, true)
	late := due.Add(time.Minute)
	if mine, err := store.Renew(t.Context(), "a", late, late.Add(time.Minute)); err != nil || mine {
		t.Fatalf("a reservation that ended was renewed: %v, %v", mine, err)
	}
	take(t, store, "b", due, late, true)
	if mine, err := store.Renew(t.Context(), "a", late, late.Add(time.Minute)); err != nil || mine {
		t.Fatalf("the reservation of another was renewed: %v, %v", mine, err)
	}
	for _, end := range []func() error{
		func() error { return store.Done(t.Context(), "a", due) },
		func() error { return store.Release(t.Context(), "a") },
	} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if turn := take(t, store, "c", due, late, false); !turn.DoneUntil.Equal(noon) {
			t.Fatalf("found %+v", turn)
		}
	}
}

// M8OfTwentyReplicasOneTakesEachRun lets replicas race, for a run that is due and for one whose owner died.
func M8OfTwentyReplicasOneTakesEachRun(t *testing.T, store app.Reconciliations) {
	for round := range 5 {
		due := noon.Add(time.Duration(round) * time.Hour)
		now := due.Add(time.Duration(round) * 10 * time.Minute)
		var winners atomic.Int64
		var wait sync.WaitGroup
		for i := range 20 {
			wait.Go(func() {
				turn, err := store.Take(t.Context(), fmt.Sprint(i), due, now, now.Add(time.Minute))
				if err != nil {
					t.Errorf("take: %v", err)
				}
				if turn.Mine {
					winners.Add(1)
				}
			})
		}
		wait.Wait()
		if n := winners.Load(); n != int64(min(round, 1)) {
			t.Fatalf("round %d had %d winners", round, n)
		}
	}
}
