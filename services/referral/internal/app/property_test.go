package app_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// everyStage pays both sides at every stage that can be rewarded.
func everyStage(t *domain.Terms) {
	for _, stage := range []domain.Status{domain.Registered, domain.Active, domain.Qualified, domain.Completed} {
		t.StageRewards = append(t.StageRewards, domain.StageReward{Stage: stage, Side: domain.Referee, AmountMinor: 11})
		if stage != domain.Completed {
			t.StageRewards = append(t.StageRewards, domain.StageReward{Stage: stage, Side: domain.Referrer, AmountMinor: 13})
		}
	}
}

// play sends events in the order drawn, some of them again, with deliveries in between, and returns what it came to.
func play(rt *rapid.T, s *suite, id string, events []domain.Event) {
	order := rapid.Permutation(events).Draw(rt, "order")
	for i, n := 0, rapid.IntRange(0, 5).Draw(rt, "duplicates"); i < n; i++ {
		at := rapid.IntRange(0, len(order)).Draw(rt, "at")
		order = slices.Insert(order, at, rapid.SampledFrom(events).Draw(rt, "again"))
	}
	for _, e := range order {
		if _, _, err := s.record(id, e); err != nil {
			rt.Fatalf("%s: %v", e.ID, err)
		}
		if rapid.Bool().Draw(rt, "deliver") {
			s.deliver()
		}
	}
	s.deliver()
	s.clock.Advance(1000 * time.Hour)
	s.deliver()
}

func events(kinds ...domain.EventType) []domain.Event {
	list := make([]domain.Event, len(kinds))
	for i, kind := range kinds {
		list[i] = domain.Event{ID: fmt.Sprintf("%s-%d", kind, i), Type: kind, OccurredAt: start.Add(time.Duration(i) * time.Second)}
		if kind == domain.Custom {
			list[i].Name = "newsletter"
		}
	}
	return list
}

func TestR3_AnyOrderAndDuplicationOfEventsGivesTheSameStateAndCommands(t *testing.T) {
	all := events(domain.Signup, domain.Activity, domain.Purchase, domain.Activity, domain.Custom, domain.Purchase)
	want := []string{}
	rapid.Check(t, func(rt *rapid.T) {
		s := newSuite(t).publish(everyStage)
		id := s.refer("asha", "ravi").ID
		play(rt, s, id, all)
		got := s.get(id)
		if got.Status != domain.Completed || len(got.Events) != len(all) || got.Reversed != nil {
			rt.Fatalf("status %s after %d events, reversed %v", got.Status, len(got.Events), got.Reversed)
		}
		executed := s.partners.Executed()
		if len(want) == 0 {
			want = executed
		}
		if len(executed) != 2+2*8 || !slices.Equal(executed, want) {
			rt.Fatalf("commands are %v, want %v", executed, want)
		}
		if a, r := s.partners.Balance("asha"), s.partners.Balance("ravi"); a != 5000+3*13 || r != 4*11 {
			rt.Fatalf("balances are %d and %d", a, r)
		}
	})
}

func TestRefundInAnyOrderLeavesNoMoney(t *testing.T) {
	all := events(domain.Signup, domain.Activity, domain.Purchase, domain.Refund, domain.Refund)
	rapid.Check(t, func(rt *rapid.T) {
		s := newSuite(t).publish(everyStage, window(time.Duration(rapid.IntRange(0, 2).Draw(rt, "window"))*time.Hour))
		id := s.refer("asha", "ravi").ID
		play(rt, s, id, all)
		if got := s.get(id); got.Reversed == nil || got.Reversed.Reason != domain.ReasonRefund {
			rt.Fatalf("not reversed: %+v", got.Reversed)
		}
		if a, r := s.partners.Balance("asha"), s.partners.Balance("ravi"); a != 0 || r != 0 {
			rt.Fatalf("balances are %d and %d", a, r)
		}
		if s.partners.Count(programID, "asha") != 0 || s.partners.Score(programID, "asha") != 0 {
			rt.Fatalf("count %d, score %d", s.partners.Count(programID, "asha"), s.partners.Score(programID, "asha"))
		}
	})
}
