package outbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/outbox"
)

var now = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

var policy = outbox.Backoff{Base: time.Second, Max: 8 * time.Second, MaxAttempts: 3, Jitter: func() float64 { return 0.999 }}

func message(id, lane string) outbox.Message {
	return outbox.Message{ID: id, Kind: "k", Lane: lane, CreatedAt: now}
}

func boxOf(messages ...outbox.Message) *outbox.Box {
	b := &outbox.Box{}
	for _, m := range messages {
		b.Add(m)
	}
	return b
}

func at(m outbox.Message, notBefore time.Time) outbox.Message {
	m.NotBefore = notBefore
	return m
}

func in(m outbox.Message, state outbox.State) outbox.Message {
	m.State = state
	return m
}

func retrying(m outbox.Message, until time.Time) outbox.Message {
	m.RetryAt = until
	return m
}

func TestNext_KeepsTheOrderOfEachLane(t *testing.T) {
	later := now.Add(time.Hour)
	for name, c := range map[string]struct {
		box  *outbox.Box
		want string
		due  time.Time
	}{
		"Empty":                         {boxOf(), "", time.Time{}},
		"First":                         {boxOf(message("1", "a"), message("2", "a")), "1", now},
		"AfterDone":                     {boxOf(in(message("1", "a"), outbox.StateDone), message("2", "a")), "2", now},
		"AfterRefused":                  {boxOf(in(message("1", "a"), outbox.StateRefused), message("2", "a")), "2", now},
		"AllSettled":                    {boxOf(in(message("1", "a"), outbox.StateDone)), "", time.Time{}},
		"BackoffBlocksItsLane":          {boxOf(retrying(message("1", "a"), later), message("2", "a")), "", later},
		"BackoffLeavesOtherLanesAlone":  {boxOf(retrying(message("1", "a"), later), message("2", "b")), "2", now},
		"ParkedBlocksItsLane":           {boxOf(in(message("1", "a"), outbox.StateParked), message("2", "a")), "", time.Time{}},
		"ParkedBlocksTheScheduledToo":   {boxOf(in(message("1", "a"), outbox.StateParked), at(message("2", "a"), later)), "", time.Time{}},
		"ParkedLeavesOtherLanesAlone":   {boxOf(in(message("1", "a"), outbox.StateParked), message("2", "b")), "2", now},
		"ScheduledDoesNotBlock":         {boxOf(at(message("1", "a"), later), message("2", "a")), "2", now},
		"OnlyScheduled":                 {boxOf(at(message("1", "a"), later)), "", later},
		"ScheduledWhoseTimeHasCome":     {boxOf(at(message("1", "a"), now), message("2", "a")), "1", now},
		"EarliestOfScheduledAndBackoff": {boxOf(at(message("1", "a"), later), retrying(message("2", "a"), now.Add(time.Minute))), "", now.Add(time.Minute)},
		"ScheduledBehindABackoffWaits":  {boxOf(retrying(message("1", "a"), later), at(message("2", "a"), now.Add(time.Minute))), "", later},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := c.box.Next(now)
			if got.ID != c.want || !c.box.DueAt.Equal(c.due) {
				t.Errorf("next %q due %v, want %q due %v", got.ID, c.box.DueAt, c.want, c.due)
			}
		})
	}
}

func TestAdd_IsIdempotentByID(t *testing.T) {
	b := boxOf(message("1", "a"))
	again := message("1", "b")
	again.Payload = json.RawMessage(`{}`)
	if b.Add(again) || len(b.Messages) != 1 || b.Messages[0].Lane != "a" {
		t.Errorf("adding a known id changed the box: %+v", b)
	}
}

func TestSettle_RecordsWhatBecameOfAMessage(t *testing.T) {
	retry := outbox.Outcome{State: outbox.StatePending, Error: "down"}
	for name, c := range map[string]struct {
		outcomes []outbox.Outcome
		want     outbox.State
		attempts int
		retryAt  time.Time
	}{
		"Done":            {[]outbox.Outcome{outbox.Succeeded(nil)}, outbox.StateDone, 1, time.Time{}},
		"Refused":         {[]outbox.Outcome{{State: outbox.StateRefused}}, outbox.StateRefused, 1, time.Time{}},
		"DoneStays":       {[]outbox.Outcome{outbox.Succeeded(nil), retry, {State: outbox.StateRefused}}, outbox.StateDone, 1, time.Time{}},
		"Retried":         {[]outbox.Outcome{retry}, outbox.StatePending, 1, now.Add(999 * time.Millisecond)},
		"RetriedLonger":   {[]outbox.Outcome{retry, retry}, outbox.StatePending, 2, now.Add(1999 * time.Millisecond)},
		"Parked":          {[]outbox.Outcome{retry, retry, retry}, outbox.StateParked, 3, time.Time{}},
		"ParkedStays":     {[]outbox.Outcome{retry, retry, retry, retry}, outbox.StateParked, 3, time.Time{}},
		"ParkedIsDoneYet": {[]outbox.Outcome{retry, retry, retry, outbox.Succeeded(nil)}, outbox.StateDone, 4, time.Time{}},
		"ReceiverAsksFor": {[]outbox.Outcome{{State: outbox.StatePending, RetryAfter: time.Minute}}, outbox.StatePending, 1, now.Add(time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			b := boxOf(message("1", "a"))
			var state outbox.State
			for _, o := range c.outcomes {
				state = b.Settle("1", o, now, policy)
			}
			m, _ := b.Get("1")
			if state != c.want || m.State != c.want || m.Attempts != c.attempts || !m.RetryAt.Equal(c.retryAt) {
				t.Errorf("state %s, message %+v", state, m)
			}
			if parked := m.State == outbox.StateParked; parked == b.ParkedAt.IsZero() {
				t.Errorf("parked at %v", b.ParkedAt)
			}
		})
	}
	if state := boxOf().Settle("none", retry, now, policy); state != "" {
		t.Errorf("settling an unknown id gave %q", state)
	}
}

func TestAcquire_OnlyAFreeBoxWithSomethingToDeliver(t *testing.T) {
	b := boxOf(at(message("1", "a"), now.Add(time.Minute)))
	if b.Acquire("x", now, time.Hour) || !b.DueAt.Equal(now.Add(time.Minute)) {
		t.Fatalf("a box with nothing but a scheduled message was leased: %+v", b)
	}
	b.Add(message("2", "a"))
	if !b.Acquire("x", now, time.Hour) || !b.Held(now) || !b.DueAt.Equal(now.Add(time.Hour)) {
		t.Fatalf("a due box was not leased: %+v", b)
	}
	if b.Acquire("y", now, time.Hour) {
		t.Error("a held box was leased by another token")
	}
	b.Add(message("3", "a"))
	b.Settle("2", outbox.Succeeded(nil), now, policy)
	if b.Lease != "x" || !b.DueAt.Equal(now.Add(time.Hour)) {
		t.Errorf("adding or settling changed the lease: %+v", b)
	}
	if later := now.Add(time.Hour); b.Held(later) || !b.Acquire("y", later, time.Hour) {
		t.Error("a lease that ran out was not taken over")
	}
	b.Release(now)
	if b.Lease != "" || !b.DueAt.Equal(now) {
		t.Errorf("after the release: %+v", b)
	}
}

func TestFailed_RefusesOnlyWhatIsRefusedForGood(t *testing.T) {
	for code, want := range map[errs.Code]outbox.State{
		errs.InvalidArgument: outbox.StateRefused, errs.NotFound: outbox.StateRefused,
		errs.AlreadyExists: outbox.StateRefused, errs.FailedPrecondition: outbox.StateRefused,
		errs.Unavailable: outbox.StatePending, errs.DeadlineExceeded: outbox.StatePending, errs.Internal: outbox.StatePending,
		errs.Unauthenticated: outbox.StatePending, errs.PermissionDenied: outbox.StatePending, errs.Unimplemented: outbox.StatePending,
		errs.Aborted: outbox.StatePending, errs.ResourceExhausted: outbox.StatePending,
	} {
		if got := outbox.Failed(fmt.Errorf("call: %w", errs.New(code, "R", "m"))); got.State != want || got.Error == "" {
			t.Errorf("code %d: %+v, want %s", code, got, want)
		}
	}
	if got := outbox.Failed(errors.New(strings.Repeat("é", 1000))); len(got.Error) > 256 || !json.Valid([]byte(`"`+got.Error+`"`)) {
		t.Errorf("a long error was kept as %d bytes", len(got.Error))
	}
}

func TestBackoff_DoublesUpToItsBoundWithJitter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		jitter := rapid.Float64Range(0, 0.999999).Draw(t, "jitter")
		p := outbox.Backoff{Base: 100 * time.Millisecond, Max: time.Minute, Jitter: func() float64 { return jitter }}
		attempts := rapid.IntRange(-1, 1000).Draw(t, "attempts")
		full := time.Minute
		if attempts <= 10 {
			full = min(full, 100*time.Millisecond<<max(attempts-1, 0))
		}
		if d := p.Delay(attempts); d < full/2 || d > full {
			t.Fatalf("delay %v after %d attempts, want %v to %v", d, attempts, full/2, full)
		}
	})
}

// TestBox_Invariants drives a box through random adds, deliveries, leases and time, and checks after each step what must
// always hold.
func TestBox_Invariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, clock, added := &outbox.Box{}, now, []string{}
		lanes := []string{"a", "b"}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				m := outbox.Message{ID: fmt.Sprint(len(added)), Lane: rapid.SampledFrom(lanes).Draw(t, "lane"), CreatedAt: clock}
				if rapid.Bool().Draw(t, "scheduled") {
					m.NotBefore = clock.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second)
				}
				if !b.Add(m) || b.Add(m) {
					t.Fatal("adding is not idempotent by id")
				}
				added = append(added, m.ID)
			},
			"deliver": func(t *rapid.T) {
				m, ok := b.Next(clock)
				if !ok {
					return
				}
				state := rapid.SampledFrom([]outbox.State{outbox.StateDone, outbox.StateRefused, outbox.StatePending}).Draw(t, "outcome")
				for _, before := range b.Messages[:slices.IndexFunc(b.Messages, func(o outbox.Message) bool { return o.ID == m.ID })] {
					if before.Lane == m.Lane && (before.State == outbox.StateParked || before.State == outbox.StatePending && !before.NotBefore.After(clock)) {
						t.Fatalf("%s is delivered before %s of its lane", m.ID, before.ID)
					}
				}
				b.Settle(m.ID, outbox.Outcome{State: state}, clock, policy)
			},
			"lease":   func(*rapid.T) { b.Acquire("x", clock, 5*time.Second) },
			"release": func(*rapid.T) { b.Release(clock) },
			"redrive": func(t *rapid.T) {
				if parked := withState(b, outbox.StateParked); len(parked) > 0 {
					id := rapid.SampledFrom(parked).Draw(t, "id")
					if !b.Redrive(id, clock) {
						t.Fatal("a parked message was not redriven")
					}
				}
			},
			"wait": func(t *rapid.T) {
				clock = clock.Add(time.Duration(rapid.IntRange(1, 10000).Draw(t, "ms")) * time.Millisecond)
			},
			"": func(t *rapid.T) { checkBox(t, b, clock, len(added)) },
		})
	})
}

// checkBox fails unless nothing is lost, whatever is deliverable is due, and the counts are those of the messages.
func checkBox(t *rapid.T, b *outbox.Box, clock time.Time, added int) {
	if len(b.Messages) != added {
		t.Fatalf("%d messages of %d", len(b.Messages), added)
	}
	if next, ok := b.Next(clock); ok && b.Lease == "" && (b.DueAt.IsZero() || b.DueAt.After(clock)) {
		t.Fatalf("%s is deliverable but the box is due at %v, now %v", next.ID, b.DueAt, clock)
	}
	pending, scheduled, parked := b.Pending(clock)
	if pending+scheduled != len(withState(b, outbox.StatePending)) || parked != len(withState(b, outbox.StateParked)) {
		t.Fatalf("counted %d, %d, %d of %+v", pending, scheduled, parked, b.Messages)
	}
	if parked == 0 && b.Lease == "" && b.DueAt.IsZero() && pending+scheduled > 0 {
		t.Fatalf("%d messages are open but the box is never due", pending+scheduled)
	}
	if (parked > 0) != !b.ParkedAt.IsZero() {
		t.Fatalf("%d parked, parked at %v", parked, b.ParkedAt)
	}
}

func withState(b *outbox.Box, state outbox.State) []string {
	var ids []string
	for _, m := range b.Messages {
		if m.State == state {
			ids = append(ids, m.ID)
		}
	}
	return ids
}
