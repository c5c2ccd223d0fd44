package clock_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
)

var start = time.Date(2026, 3, 1, 10, 0, 0, 123456789, time.FixedZone("IST", 19800))

func TestTruncate_IsUTCAndMilliseconds(t *testing.T) {
	got := clock.Truncate(start)
	if got.Location() != time.UTC || got.Nanosecond() != 123000000 || got.Hour() != 4 {
		t.Fatalf("Truncate = %v", got)
	}
}

func TestSystem_NowIsTruncated(t *testing.T) {
	now := clock.System().Now()
	if now != clock.Truncate(now) {
		t.Fatalf("Now = %v is not in UTC milliseconds", now)
	}
}

func TestFake_FiresOnlyDueTimers(t *testing.T) {
	fake := clock.NewFake(start)
	soon, late := fake.NewTimer(time.Second), fake.NewTimer(time.Minute)
	fake.Advance(time.Second)
	select {
	case <-soon.C():
	default:
		t.Error("the timer that is due did not fire")
	}
	select {
	case <-late.C():
		t.Error("a timer that is not due fired")
	default:
	}
	if !late.Stop() || late.Stop() {
		t.Error("Stop must report true once")
	}
}

func TestWait_ReturnsWhenAdvancedOrCancelled(t *testing.T) {
	fake := clock.NewFake(start)
	done := make(chan error, 1)
	go func() { done <- clock.Wait(context.Background(), fake, time.Hour) }()
	fake.BlockUntil(1)
	fake.Advance(time.Hour)
	if err := <-done; err != nil {
		t.Fatalf("Wait = %v after its time passed", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := clock.Wait(ctx, fake, time.Hour); !errors.Is(err, context.Canceled) {
		t.Fatalf("Wait = %v on a cancelled context", err)
	}
}
