package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// sameAggregate ignores what is not stored.
var sameAggregate = cmp.Options{cmpopts.IgnoreUnexported(app.Aggregate{}), cmpopts.EquateEmpty()}

func referralRoundTrip(t *testing.T, s Stores) {
	terms := domain.DefaultTerms()
	terms.StageRewards = []domain.StageReward{{Stage: domain.Registered, Side: domain.Referee, AmountMinor: 7}}
	a := referral("r1", "asha", 0)
	_, _, err := a.Record(domain.Event{ID: "e1", Type: domain.Purchase, AmountMinor: 99}, terms, start)
	must(t, err)
	_, _, err = a.Record(domain.Event{ID: "e2", Type: domain.Refund, By: "backend"}, terms, start.Add(time.Millisecond))
	must(t, err)
	_, _, err = a.Decide(domain.Verdict{Decision: domain.Reject, Reason: "seen before", By: "admin"}, terms, start.Add(time.Hour))
	must(t, err)
	a.SweepAt = time.Time{}
	a.Outbox.Add(outbox.Message{ID: "m1", Kind: "k", Lane: "money", Payload: json.RawMessage(`{"a":1}`), Trace: "t", CreatedAt: start,
		NotBefore: start.Add(time.Hour)})
	must(t, s.Referrals.Insert(t.Context(), a))
	for name, read := range map[string]func() (*app.Aggregate, error){
		"get":  func() (*app.Aggregate, error) { return s.Referrals.Get(t.Context(), "r1") },
		"peek": func() (*app.Aggregate, error) { return s.Referrals.Peek(t.Context(), "r1") },
	} {
		got, err := read()
		must(t, err)
		if diff := cmp.Diff(a, got, sameAggregate); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func referralInsertOnce(t *testing.T, s Stores) {
	must(t, s.Referrals.Insert(t.Context(), referral("r1", "asha", 0)))
	if err := s.Referrals.Insert(t.Context(), referral("r1", "mina", 1)); !errors.Is(err, app.ErrExists) {
		t.Fatalf("second insert: %v", err)
	}
	got, err := s.Referrals.Get(t.Context(), "r1")
	must(t, err)
	if got.ReferrerID != "asha" {
		t.Errorf("the second insert changed the referrer to %s", got.ReferrerID)
	}
}

func referralSaveRace(t *testing.T, s Stores) {
	must(t, s.Referrals.Insert(t.Context(), referral("r1", "asha", 0)))
	for round := range 5 {
		base, err := s.Referrals.Get(t.Context(), "r1")
		must(t, err)
		var won atomic.Int64
		race(func(i int) {
			next := base.Clone()
			next.Version++
			next.Code = fmt.Sprint("RACER", i)
			switch err := s.Referrals.Save(t.Context(), next); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, app.ErrConflict):
				t.Errorf("racer %d: %v", i, err)
			}
		})
		got, err := s.Referrals.Get(t.Context(), "r1")
		must(t, err)
		if won.Load() != 1 || got.Version != base.Version+1 {
			t.Fatalf("round %d: %d won, version %d after %d", round, won.Load(), got.Version, base.Version)
		}
	}
	lost := referral("gone", "asha", 0)
	lost.Version = 2
	if err := s.Referrals.Save(t.Context(), lost); !errors.Is(err, app.ErrConflict) {
		t.Errorf("save of what is not there: %v", err)
	}
}

func race(racer func(i int)) {
	var group sync.WaitGroup
	for i := range racers {
		group.Go(func() { racer(i) })
	}
	group.Wait()
}

func referralCounts(t *testing.T, s Stores) {
	mark := &domain.Mark{Reason: "REFUND", At: start}
	for i, c := range []app.Standing{{Status: domain.Pending}, {Status: domain.Pending}, {Status: domain.Completed},
		{Status: domain.Completed, Rejected: true}, {Status: domain.Completed, Reversed: true, Rejected: true}} {
		a := referral(fmt.Sprint("r", i), "asha", i)
		a.Status = c.Status
		if c.Rejected {
			a.Rejected = mark
		}
		if c.Reversed {
			a.Reversed = mark
		}
		must(t, s.Referrals.Insert(t.Context(), a))
	}
	a, err := s.Referrals.Get(t.Context(), "r0")
	must(t, err)
	a = a.Clone()
	a.Version++
	a.Status, a.Reversed = domain.Qualified, mark
	must(t, s.Referrals.Save(t.Context(), a))
	got, err := s.Referrals.CountByStatus(t.Context(), "p", "asha")
	must(t, err)
	want := app.Counts{ByStatus: map[domain.Status]int64{domain.Pending: 1, domain.Qualified: 1, domain.Completed: 3},
		Reversed: 2, Rejected: 2, Converted: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func referralSweep(t *testing.T, s Stores) {
	for i := range 4 {
		must(t, s.Referrals.Insert(t.Context(), referral(fmt.Sprint("r", i), "asha", i)))
	}
	done := referral("done", "asha", 0)
	done.SweepAt = time.Time{}
	must(t, s.Referrals.Insert(t.Context(), done))
	now := referral("", "", 2).SweepAt
	for _, c := range []struct {
		limit int
		want  []string
	}{{10, []string{"r0", "r1", "r2"}}, {2, []string{"r0", "r1"}}, {10, []string{"r0", "r1", "r2"}}} {
		got, err := s.Referrals.DueForSweep(t.Context(), now, c.limit)
		must(t, err)
		if !slices.Equal(got, c.want) {
			t.Errorf("limit %d: got %v, want %v", c.limit, got, c.want)
		}
	}
	moved, err := s.Referrals.Get(t.Context(), "r0")
	must(t, err)
	moved = moved.Clone()
	moved.Version++
	moved.SweepAt = time.Time{}
	must(t, s.Referrals.Save(t.Context(), moved))
	got, err := s.Referrals.DueForSweep(t.Context(), now, 10)
	must(t, err)
	if !slices.Equal(got, []string{"r1", "r2"}) {
		t.Errorf("after a move: got %v", got)
	}
}

func referralOutbox(t *testing.T, s Stores) {
	a := referral("r1", "asha", 0)
	a.Outbox.Add(outbox.Message{ID: "m1", Kind: "k", Lane: "money", CreatedAt: start})
	must(t, s.Referrals.Insert(t.Context(), a))
	must(t, s.Referrals.Insert(t.Context(), referral("r2", "asha", 0)))
	leases, err := s.Outbox.Lease(t.Context(), start, time.Minute, "token", 10)
	must(t, err)
	if len(leases) != 1 || leases[0].AggregateID != "r1" {
		t.Fatalf("leases: %+v", leases)
	}
	late := a.Clone()
	late.Version++
	if err := s.Referrals.Save(t.Context(), late); !errors.Is(err, app.ErrConflict) {
		t.Errorf("a writer that has not seen the lease must lose: %v", err)
	}
	held, err := s.Referrals.Get(t.Context(), "r1")
	must(t, err)
	if held.Outbox.Lease != "token" || held.Version != 2 {
		t.Errorf("lease %q at version %d", held.Outbox.Lease, held.Version)
	}
}
