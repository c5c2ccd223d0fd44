package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/refersuite/refersuite/services/wallet/internal/app"
)

// RunQueue runs the contract of app.Queue against a store.
func RunQueue(t *testing.T, open OpenQueue) {
	for name, test := range map[string]func(*testing.T, app.Queue){
		"M6_WaitingRewardsComeBackAsTheyWere": M6WaitingRewardsComeBackAsTheyWere,
		"M6_QueueIsInOrder":                   M6QueueIsInOrder,
		"M6_OneOfTwentyLeasesTheQueue":        M6OneOfTwentyLeasesTheQueue,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// M6WaitingRewardsComeBackAsTheyWere checks that the first of an id stays, until it is removed.
func M6WaitingRewardsComeBackAsTheyWere(t *testing.T, queue app.Queue) {
	ctx, first := t.Context(), app.QueuedReward{Reward: referral(1), QueuedAt: noon}
	first.TraceID = "00000000000000000000000000000001"
	if _, found, err := queue.Get(ctx, first.ID); found || err != nil {
		t.Fatalf("an empty queue has %v, %v", found, err)
	}
	for _, err := range []error{queue.Remove(ctx, first.ID), queue.Tried(ctx, first.ID), queue.Put(ctx, first)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var wait sync.WaitGroup
	for n := range 20 {
		wait.Go(func() {
			other := first
			other.Amount += int64(n)
			if err := queue.Put(ctx, other); err != nil {
				t.Errorf("put: %v", err)
			}
			if err := queue.Tried(ctx, first.ID); err != nil {
				t.Errorf("tried: %v", err)
			}
		})
	}
	wait.Wait()
	first.Attempts = 20
	got, found, err := queue.Get(ctx, first.ID)
	if err != nil || !found || got.Reward != first.Reward || !got.QueuedAt.Equal(noon) || got.Attempts != 20 {
		t.Fatalf("got %+v, %v, %v; want %+v", got, found, err, first)
	}
	if totals, err := queue.Totals(ctx, "p1"); err != nil || totals != (app.QueueTotals{Rewards: 1, Amount: 5000}) {
		t.Fatalf("got %+v, %v", totals, err)
	}
	if err := queue.Remove(ctx, first.ID); err != nil {
		t.Fatal(err)
	}
	if totals, err := queue.Totals(ctx, "p1"); err != nil || totals != (app.QueueTotals{}) {
		t.Fatalf("got %+v, %v", totals, err)
	}
}

// M6QueueIsInOrder checks pages, totals and programmes.
func M6QueueIsInOrder(t *testing.T, queue app.Queue) {
	ctx := t.Context()
	for n := range 30 {
		r := app.QueuedReward{Reward: worth(n, 10), QueuedAt: noon.Add(time.Duration(n/10) * time.Millisecond)}
		if n%10 == 9 {
			r.ProgramID = "p2"
		}
		if err := queue.Put(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	var got []app.QueuedReward
	var place app.QueuePlace
	for {
		list, err := queue.List(ctx, "p1", place, 4)
		if err != nil || len(list) > 4 {
			t.Fatalf("got %d rewards, %v", len(list), err)
		}
		if len(list) == 0 {
			break
		}
		got = append(got, list...)
		place = app.QueuePlace{QueuedAt: list[len(list)-1].QueuedAt, ID: list[len(list)-1].ID}
	}
	for i := 1; i < len(got); i++ {
		if a, b := got[i-1], got[i]; b.QueuedAt.Before(a.QueuedAt) || (b.QueuedAt.Equal(a.QueuedAt) && b.ID <= a.ID) {
			t.Fatalf("%s of %s stands behind %s of %s", b.ID, b.QueuedAt, a.ID, a.QueuedAt)
		}
	}
	totals, err := queue.Totals(ctx, "p1")
	if err != nil || len(got) != 27 || totals != (app.QueueTotals{Rewards: 27, Amount: 270}) {
		t.Fatalf("listed %d, totals %+v, %v", len(got), totals, err)
	}
	if programs, err := queue.Programs(ctx); err != nil || len(programs) != 2 {
		t.Fatalf("got %v, %v", programs, err)
	}
}

// M6OneOfTwentyLeasesTheQueue checks that one owner has the queue of a programme, may renew it, and loses it in time.
func M6OneOfTwentyLeasesTheQueue(t *testing.T, queue app.Queue) {
	ctx, now := t.Context(), noon
	for range 3 {
		var owners atomic.Int64
		var wait sync.WaitGroup
		for n := range 20 {
			wait.Go(func() {
				mine, err := queue.Lease(ctx, "p1", fmt.Sprint("owner", n), now, now.Add(time.Minute))
				if err != nil {
					t.Errorf("lease: %v", err)
				}
				if mine {
					owners.Add(1)
				}
			})
		}
		wait.Wait()
		if owners.Load() != 1 {
			t.Fatalf("%d owners", owners.Load())
		}
		now = now.Add(time.Minute)
	}
	for _, c := range []struct {
		owner, program string
		at             time.Duration
		mine           bool
	}{
		{"a", "p2", 0, true}, {"a", "p2", 30 * time.Second, true}, {"b", "p2", time.Minute, false}, {"b", "p3", 0, true},
		{"b", "p2", 90 * time.Second, true}, {"a", "p2", 91 * time.Second, false},
	} {
		at := noon.Add(c.at)
		if mine, err := queue.Lease(ctx, c.program, c.owner, at, at.Add(time.Minute)); err != nil || mine != c.mine {
			t.Fatalf("%s leases %s after %s: %v, %v", c.owner, c.program, c.at, mine, err)
		}
	}
}
