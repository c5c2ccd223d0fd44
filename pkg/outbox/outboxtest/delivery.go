package outboxtest

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/outbox"
)

type ctxT = context.Context

func scheduledWaits(t *testing.T, f *fixture) {
	later := f.message("later", "x")
	later.NotBefore = f.clock.Now().Add(7 * 24 * time.Hour)
	f.insert("a", later, f.message("now", "x"))
	if n := f.deliver("t1"); n != 1 {
		t.Fatalf("%d boxes were due, want 1", n)
	}
	if n := f.deliver("t2"); n != 0 {
		t.Fatal("a box with nothing but a scheduled message was due")
	}
	f.clock.Advance(7*24*time.Hour - time.Millisecond)
	if n := f.deliver("t3"); n != 0 {
		t.Fatal("a scheduled message was due a millisecond early")
	}
	f.clock.Advance(time.Millisecond)
	f.deliver("t4")
	if got := f.receiver.effects(); !slices.Equal(got, []string{"now", "later"}) {
		t.Errorf("delivered %v", got)
	}
	if a := f.load("a"); !a.Outbox.DueAt.IsZero() {
		t.Errorf("a finished box is due at %v", a.Outbox.DueAt)
	}
}

func laneKeepsOrder(t *testing.T, f *fixture) {
	f.insert("a", f.message("money-1", "money"), f.message("money-2", "money"), f.message("score-1", "score"))
	f.receiver.fail = func(m outbox.Message) error {
		if m.ID == "money-1" {
			return errDown
		}
		return nil
	}
	f.deliver("t1")
	if got := f.receiver.effects(); !slices.Equal(got, []string{"score-1"}) {
		t.Fatalf("with the first of its lane in backoff, delivered %v", got)
	}
	f.receiver.fail = nil
	f.clock.Advance(time.Minute)
	f.deliver("t2")
	if got := f.receiver.effects(); !slices.Equal(got, []string{"score-1", "money-1", "money-2"}) {
		t.Errorf("delivered %v", got)
	}
}

func backsOffThenParks(t *testing.T, f *fixture) {
	f.insert("a", f.message("poison", "x"), f.message("behind", "x"))
	f.receiver.fail = func(m outbox.Message) error {
		if m.ID == "poison" {
			return errDown
		}
		return nil
	}
	for attempt, wait := range []time.Duration{500 * time.Millisecond, time.Second} {
		if n := f.deliver("t"); n != 1 {
			t.Fatalf("attempt %d: %d boxes were due", attempt+1, n)
		}
		if box := f.load("a").Outbox; !box.DueAt.Equal(f.clock.Now().Add(wait)) {
			t.Fatalf("attempt %d: due at %v, want %v later than %v", attempt+1, box.DueAt, wait, f.clock.Now())
		}
		f.clock.Advance(wait)
	}
	f.deliver("t")
	a := f.load("a")
	if m, _ := a.Outbox.Get("poison"); m.State != outbox.StateParked || m.Attempts != 3 || m.LastError == "" || !a.Outbox.DueAt.IsZero() {
		t.Fatalf("after the last attempt: %+v", a.Outbox)
	}
	parked, err := f.store.Parked(f.ctx, 10)
	if err != nil || len(parked) != 1 || parked[0].AggregateID != "a" || parked[0].Message.ID != "poison" {
		t.Fatalf("parked %v, %v", parked, err)
	}
	f.receiver.fail = nil
	for _, c := range []struct {
		aggregate, message string
		want               bool
	}{{"none", "poison", false}, {"a", "none", false}, {"a", "behind", false}, {"a", "poison", true}, {"a", "poison", false}} {
		if ok, err := f.store.Redrive(f.ctx, c.aggregate, c.message, f.clock.Now()); err != nil || ok != c.want {
			t.Errorf("redrive %s of %s: %v, %v", c.message, c.aggregate, ok, err)
		}
	}
	f.deliver("t")
	if got := f.receiver.effects(); !slices.Equal(got, []string{"poison", "behind"}) {
		t.Errorf("after the redrive, delivered %v", got)
	}
	if parked, err := f.store.Parked(f.ctx, 10); err != nil || len(parked) != 0 {
		t.Errorf("still parked: %v, %v", parked, err)
	}
}

func backlogCounts(t *testing.T, f *fixture) {
	scheduled := func(id string, after time.Duration) outbox.Message {
		m := f.message(id, "x")
		m.NotBefore = f.clock.Now().Add(after)
		return m
	}
	f.insert("soon", scheduled("m", time.Minute))
	f.insert("late", scheduled("m", 100*time.Hour))
	f.insert("idle")
	f.clock.Advance(10 * time.Second)
	f.insert("refused", f.message("m", "x"))
	f.insert("parked", f.message("m", "x"), f.message("behind", "x"))
	f.receiver.fail = func(m outbox.Message) error {
		if m.ID == "behind" {
			return errDown
		}
		return errs.New(errs.FailedPrecondition, "NO", "never")
	}
	f.deliver("t")
	for range 3 {
		f.clock.Advance(5 * time.Second)
		f.deliver("t")
	}
	f.insert("open", f.message("m1", "x"), f.message("m2", "x"), scheduled("m3", time.Hour))
	f.lease("holder", 1)
	want := outbox.Backlog{Pending: 2, Scheduled: 2, Parked: 1, Oldest: f.clock.Now()}
	f.clock.Advance(2 * time.Second)
	got, err := f.store.Backlog(f.ctx, f.clock.Now())
	if err != nil || got.Pending != want.Pending || got.Scheduled != want.Scheduled || got.Parked != want.Parked || !got.Oldest.Equal(want.Oldest) {
		t.Errorf("backlog %+v, %v; want %+v", got, err, want)
	}
}

func roundTrip(t *testing.T, f *fixture) {
	now := f.clock.Now()
	m := outbox.Message{
		ID: "m", Kind: "k", Lane: "l", Payload: json.RawMessage(`{"n":9007199254740993}`), Trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		CreatedAt: now, NotBefore: now.Add(time.Millisecond), RetryAt: now.Add(time.Hour), DoneAt: now.Add(2 * time.Hour),
		State: outbox.StatePending, Attempts: 7, LastError: "no", Result: json.RawMessage(`[]`),
	}
	a := Aggregate{ID: "a", Outbox: outbox.Box{DueAt: now.Add(time.Second), Lease: "token", ParkedAt: now, Messages: []outbox.Message{m, {ID: "bare", CreatedAt: now, State: outbox.StateDone}}}}
	if err := f.store.Insert(f.ctx, a); err != nil {
		t.Fatal(err)
	}
	got := f.load("a")
	a.Version = 1
	if !reflect.DeepEqual(got, a) {
		t.Errorf("stored %+v\nloaded %+v", a, got)
	}
}
