package storetest

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/tier/internal/app"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// T2CrossingPaysTheTierBefore checks the outcome of the referral that crosses a threshold.
func T2CrossingPaysTheTierBefore(t *testing.T, open Open) {
	m := start(t, open)
	m.wantMember(t, "ann", "STARTER", 0)
	for n := range 4 {
		m.record(t, completion(n))
	}
	got := m.record(t, completion(4))
	want := app.Recorded{Outcome: domain.Outcome{
		TierBefore: "STARTER", TierAfter: "PRO", Completed: 5, Reward: 5000, Bonuses: []domain.Bonus{{Tier: "PRO", Amount: 20000}},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v", got)
	}
	if next := m.record(t, completion(5)); next.Reward != 10000 || next.Bonuses != nil {
		t.Fatalf("got %+v", next)
	}
	p, err := m.Member(t.Context(), "p1", "ann")
	if err != nil || p.Standing != (domain.Standing{Tier: "PRO", Next: "ELITE", Missing: 4}) || !p.Member.TierSince.Equal(noon) {
		t.Fatalf("got %+v, %v", p, err)
	}
}

// T2RaceOfCompletionsPaysOnce completes 20 referrals of one person at once, in two processes, each of them twice.
func T2RaceOfCompletionsPaysOnce(t *testing.T, open Open) {
	stores := open(t)
	one := on(t, stores, clock.NewFake(noon))
	two := on(t, stores, one.clock)
	one.put(t, ladder(1))
	var mu sync.Mutex
	outcomes := map[string]app.Recorded{}
	var first int
	begin := make(chan struct{})
	var wait sync.WaitGroup
	for i := range 40 {
		process := one
		if i%4 < 2 {
			process = two
		}
		wait.Go(func() {
			<-begin
			c := completion(i / 2)
			got, err := process.RecordCompletion(t.Context(), c)
			if err != nil {
				t.Errorf("record %s: %v", c.ID, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if !got.Replayed {
				first++
			}
			got.Replayed = false
			if other, ok := outcomes[c.ID]; ok && !reflect.DeepEqual(other, got) {
				t.Errorf("%s was answered %+v and %+v", c.ID, other, got)
			}
			outcomes[c.ID] = got
		})
	}
	close(begin)
	wait.Wait()
	var rewards, bonuses int64
	for _, o := range outcomes {
		rewards += o.Reward
		for _, b := range o.Bonuses {
			bonuses += b.Amount
		}
	}
	if first != 20 || rewards != 5*5000+5*10000+10*15000 || bonuses != 70000 {
		t.Fatalf("%d first answers, %d and %d paid", first, rewards, bonuses)
	}
	two.wantMember(t, "ann", "ELITE", 20)
}

// T3CompletionIsCountedOnce checks that the outcome of the first call is stored and returned again.
func T3CompletionIsCountedOnce(t *testing.T, open Open) {
	stores := open(t)
	m := on(t, stores, clock.NewFake(noon))
	_, err := m.RecordCompletion(t.Context(), completion(0))
	wantRefusal(t, err, errs.FailedPrecondition, app.ReasonLadderUnknown)
	m.put(t, ladder(1))
	var outcomes []app.Recorded
	for n := range 6 {
		outcomes = append(outcomes, m.record(t, completion(n)))
	}
	for _, process := range []members{m, on(t, stores, m.clock)} {
		for n, want := range outcomes {
			want.Replayed = true
			if got := process.record(t, completion(n)); !reflect.DeepEqual(got, want) {
				t.Fatalf("replayed %+v, first was %+v", got, want)
			}
		}
	}
	m.wantMember(t, "ann", "PRO", 6)
}

// T3ReferralCountsForOnePerson checks that a referral that returns with other contents changes nothing.
func T3ReferralCountsForOnePerson(t *testing.T, open Open) {
	m := start(t, open)
	m.put(t, ladder(2))
	m.record(t, completion(0))
	other := completion(0)
	other.UserID = "bob"
	_, err := m.RecordCompletion(t.Context(), other)
	wantRefusal(t, err, errs.AlreadyExists, command.ReasonReused)
	other = completion(0)
	other.Version = 2
	_, err = m.RecordCompletion(t.Context(), other)
	wantRefusal(t, err, errs.AlreadyExists, command.ReasonReused)
	other = completion(0)
	other.ReferralID = "r1"
	_, err = m.RecordCompletion(t.Context(), other)
	wantRefusal(t, err, errs.InvalidArgument, app.ReasonCommandInvalid)
	m.wantMember(t, "ann", "STARTER", 1)
	m.wantMember(t, "bob", "STARTER", 0)
}

// MembersAreCountedByTier checks the count, and that programmes with similar names do not mix.
func MembersAreCountedByTier(t *testing.T, open Open) {
	m := start(t, open)
	if counts, err := m.Count(t.Context(), "p1"); err != nil || len(counts) != 0 {
		t.Fatalf("got %v, %v", counts, err)
	}
	for i, program := range []string{"p1.a", "p10"} {
		other := ladder(1)
		other.ProgramID = program
		m.put(t, other)
		m.record(t, app.Completion{
			ID: domain.CompletionID(program, "x"), ProgramID: program, Version: 1, ReferralID: "x", UserID: fmt.Sprintf("u%d", i),
		})
	}
	n := 0
	for user, completed := range map[string]int{"a": 1, "b": 4, "c": 5, "d": 9, "e": 12, "f": 1} {
		for range completed {
			c := completion(n)
			c.UserID = user
			m.record(t, c)
			n++
		}
	}
	counts, err := m.Count(t.Context(), "p1")
	if err != nil || !reflect.DeepEqual(counts, map[string]int64{"STARTER": 3, "PRO": 2, "ELITE": 1}) {
		t.Fatalf("got %v, %v", counts, err)
	}
}
