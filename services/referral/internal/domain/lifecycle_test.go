package domain_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

func TestR1_EventsMoveThroughTheStages(t *testing.T) {
	tm := terms()
	r := create(tm, domain.Cleared)
	for _, step := range []struct {
		kind domain.EventType
		want domain.Status
	}{{domain.Custom, domain.Pending}, {domain.Signup, domain.Registered}, {domain.Activity, domain.Active}, {domain.Signup, domain.Active},
		{domain.Purchase, domain.Completed}, {domain.Activity, domain.Completed}} {
		record(t, r, fmt.Sprint(len(r.Events)), step.kind, tm, start)
		if r.Status != step.want {
			t.Errorf("after %s the status is %s, want %s", step.kind, r.Status, step.want)
		}
	}
}

func TestR2_HistoryKeepsEventCauseAndTime(t *testing.T) {
	tm := terms()
	r := create(tm, domain.Cleared)
	_, _, err := r.Record(domain.Event{ID: "e1", Type: domain.Activity, OccurredAt: start.Add(time.Hour)}, tm, start.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := []domain.Step{
		{Status: domain.Pending, Cause: domain.CauseCreated, OccurredAt: start, RecordedAt: start},
		{Status: domain.Registered, EventID: "e1", Cause: domain.CauseInferred, OccurredAt: start.Add(time.Hour), RecordedAt: start.Add(2 * time.Hour), Inferred: true},
		{Status: domain.Active, EventID: "e1", Cause: "activity", OccurredAt: start.Add(time.Hour), RecordedAt: start.Add(2 * time.Hour)},
	}
	if !slices.Equal(r.History, want) {
		t.Errorf("history is %+v", r.History)
	}
}

func TestR3_ReplayChangesNothingAndAnotherEventUnderItsIDIsRefused(t *testing.T) {
	tm := terms()
	r := create(tm, domain.Cleared)
	record(t, r, "e1", domain.Signup, tm, start)
	before := len(r.History)
	orders, replayed, err := r.Record(domain.Event{ID: "e1", Type: domain.Signup, AmountMinor: 5}, tm, start.Add(time.Hour))
	if err != nil || !replayed || orders != nil || len(r.History) != before {
		t.Errorf("replay: %v %v %v", orders, replayed, err)
	}
	for _, other := range []domain.Event{
		{ID: "e1", Type: domain.Activity}, {ID: "e1", Type: domain.Signup, OccurredAt: start}, {ID: "e1", Type: domain.Custom, Name: "x"},
	} {
		if _, _, err := r.Record(other, tm, start); reason(err) != "EVENT_ID_REUSED" {
			t.Errorf("%+v: %v", other, err)
		}
	}
}

func TestR3_SkippedStagesAreInferredAndTheirTriggersFireOnce(t *testing.T) {
	tm := terms(func(tm *domain.Terms) {
		for _, stage := range []domain.Status{domain.Registered, domain.Active, domain.Qualified, domain.Completed} {
			tm.StageRewards = append(tm.StageRewards, domain.StageReward{Stage: stage, Side: domain.Referee, AmountMinor: 10})
		}
	})
	r := create(tm, domain.Cleared)
	got := ids(record(t, r, "e1", domain.Purchase, tm, start))
	want := []string{"reward/p/r1/registered/REFEREE", "reward/p/r1/active/REFEREE", "reward/p/r1/qualified/REFEREE",
		"completion/p/r1", "score/p/r1", "reward/p/r1/completed/REFEREE"}
	if !slices.Equal(got, want) {
		t.Errorf("orders are %v", got)
	}
	for i, kind := range []domain.EventType{domain.Signup, domain.Activity, domain.Purchase} {
		if orders := record(t, r, fmt.Sprint("late", i), kind, tm, start); len(orders) != 0 {
			t.Errorf("%s fired again: %v", kind, ids(orders))
		}
	}
}

func TestR4_ExpiryIsDecidedByWhenTheEventOccurred(t *testing.T) {
	tm := terms()
	expiry := start.Add(90 * 24 * time.Hour)
	deadline := expiry.Add(72 * time.Hour)
	for _, c := range []struct {
		name         string
		occurred     time.Time
		now          time.Time
		want, status string
	}{
		{"the last moment, at once", expiry.Add(-time.Millisecond), expiry.Add(-time.Millisecond), "", "REGISTERED"},
		{"the last moment, at the end of the grace", expiry.Add(-time.Millisecond), deadline.Add(-time.Millisecond), "", "REGISTERED"},
		{"in time, but after the grace", expiry.Add(-time.Millisecond), deadline, "EVENT_TOO_LATE", "PENDING"},
		{"the first moment too late", expiry, expiry, "EVENT_TOO_LATE", "PENDING"},
	} {
		r := create(tm, domain.Cleared)
		_, _, err := r.Record(domain.Event{ID: "e", Type: domain.Signup, OccurredAt: c.occurred}, tm, c.now)
		if reason(err) != c.want || string(r.Status) != c.status {
			t.Errorf("%s: %v, %s", c.name, err, r.Status)
		}
	}
}

func TestR4_EventsFromLongBeforeTheReferralAreRefused(t *testing.T) {
	tm := terms()
	first := start.Add(-24 * time.Hour)
	for _, kind := range []domain.EventType{domain.Signup, domain.Activity, domain.Purchase, domain.Refund, domain.Custom} {
		r := create(tm, domain.Cleared)
		early := domain.Event{ID: "e", Type: kind, Name: map[domain.EventType]string{domain.Custom: "upsell"}[kind], OccurredAt: first.Add(-time.Millisecond)}
		_, _, err := r.Record(early, tm, start)
		var no *domain.Refusal
		if !errors.As(err, &no) || no.Reason != "EVENT_BEFORE_REFERRAL" || no.Kind != domain.Invalid || no.Field != "occurred_at" ||
			!strings.Contains(no.Message, "24 hours") {
			t.Errorf("%s: %v", kind, err)
		}
		if r.Status != domain.Pending || r.Reversed != nil || len(r.Events) != 0 || len(r.History) != 1 {
			t.Errorf("a refused %s changed the referral: %+v", kind, r)
		}
		early.OccurredAt = first
		if _, _, err := r.Record(early, tm, start); err != nil {
			t.Errorf("%s, 24 hours before the referral: %v", kind, err)
		}
		if r.QualifiedAt.Before(start) && !r.QualifiedAt.IsZero() {
			t.Errorf("qualified at %s, before the referral", r.QualifiedAt)
		}
	}
}

func TestR4_ExpiryWaitsForTheGraceAndSparesTheQualified(t *testing.T) {
	tm := terms(func(tm *domain.Terms) { tm.QualificationWindow = 365 * 24 * time.Hour })
	deadline := start.Add(90*24*time.Hour + 72*time.Hour)
	r := create(tm, domain.Cleared)
	if r.Expire(tm, deadline.Add(-time.Millisecond)) {
		t.Error("expired within the grace")
	}
	if !r.Expire(tm, deadline) || r.Status != domain.Expired || r.Expire(tm, deadline) {
		t.Errorf("status is %s", r.Status)
	}
	if _, _, err := r.Record(domain.Event{ID: "e", Type: domain.Signup, OccurredAt: start}, tm, deadline); reason(err) != "EVENT_TOO_LATE" {
		t.Errorf("event on an expired referral: %v", err)
	}
	if orders := record(t, r, "c", domain.Refund, tm, deadline); len(orders) != 0 || r.Reversed != nil {
		t.Error("there is nothing to reverse on an expired referral")
	}
	q := create(tm, domain.Cleared)
	record(t, q, "e", domain.Purchase, tm, start)
	if q.Expire(tm, deadline.Add(time.Hour)) {
		t.Error("a qualified referral expired")
	}
}

func TestR5_CompletionWaitsForTheWindow(t *testing.T) {
	tm := terms(func(tm *domain.Terms) { tm.QualificationWindow = 24 * time.Hour })
	r := create(tm, domain.Cleared)
	orders := record(t, r, "e", domain.Purchase, tm, start)
	if len(orders) != 1 || orders[0].Kind != domain.CompleteSelf || !orders[0].NotBefore.Equal(start.Add(24*time.Hour)) {
		t.Fatalf("orders are %+v", orders)
	}
	if got := r.Complete(tm, start.Add(24*time.Hour-time.Millisecond)); got != nil || r.Status != domain.Qualified {
		t.Error("completed early")
	}
	late := start.Add(48 * time.Hour)
	if got := ids(r.Complete(tm, late)); !slices.Equal(got, []string{"completion/p/r1", "score/p/r1"}) {
		t.Errorf("orders are %v", got)
	}
	if !r.CompletedAt.Equal(start.Add(24 * time.Hour)) {
		t.Errorf("completed at %s: it is the end of the window, however late it is noticed", r.CompletedAt)
	}
}

func TestR5_RefundWithinTheWindowPreventsCompletionForEver(t *testing.T) {
	tm := terms(func(tm *domain.Terms) { tm.QualificationWindow = 24 * time.Hour })
	r := create(tm, domain.Cleared)
	record(t, r, "e", domain.Purchase, tm, start)
	record(t, r, "f", domain.Refund, tm, start.Add(time.Hour))
	record(t, r, "g", domain.Purchase, tm, start.Add(2*time.Hour))
	if got := r.Complete(tm, start.Add(100*time.Hour)); got != nil || r.Status != domain.Qualified {
		t.Errorf("completed to %s", r.Status)
	}
	if r.Reversed == nil || r.Reversed.Reason != domain.ReasonRefund || r.Reversed.By != "backend" {
		t.Errorf("mark is %+v", r.Reversed)
	}
}

func TestEventsAreBounded(t *testing.T) {
	tm := terms()
	r := create(tm, domain.Cleared)
	for i := range domain.MaxEvents {
		record(t, r, fmt.Sprint(i), domain.Signup, tm, start)
	}
	if _, _, err := r.Record(domain.Event{ID: "more", Type: domain.Signup}, tm, start); reason(err) != "TOO_MANY_EVENTS" {
		t.Errorf("one more: %v", err)
	}
	if _, replayed, err := r.Record(domain.Event{ID: "0", Type: domain.Signup}, tm, start); err != nil || !replayed {
		t.Errorf("a replay is always accepted: %v", err)
	}
}

func TestCheckEventRefusesTheFutureAndMisnamedEvents(t *testing.T) {
	for _, c := range []struct {
		event domain.Event
		want  string
	}{
		{domain.Event{Type: domain.Signup, OccurredAt: start.Add(5 * time.Minute)}, ""},
		{domain.Event{Type: domain.Signup, OccurredAt: start.Add(5*time.Minute + 1)}, "EVENT_IN_FUTURE"},
		{domain.Event{Type: domain.Custom}, "EVENT_NAME_MISSING"},
		{domain.Event{Type: domain.Custom, Name: "newsletter"}, ""},
		{domain.Event{Type: domain.Signup, Name: "newsletter"}, "EVENT_NAME_UNEXPECTED"},
	} {
		if err := domain.CheckEvent(c.event, start); reason(err) != c.want {
			t.Errorf("%+v: %v", c.event, err)
		}
	}
}
