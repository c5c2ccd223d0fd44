// Package clock gives code the time through an interface, so that tests decide what time it is. It is the only package
// that may ask the operating system.
package clock

import "time"

// Clock tells the time and waits. Implementations are safe for concurrent use.
type Clock interface {
	// Now returns the time in UTC, truncated to milliseconds, which is what every store keeps.
	Now() time.Time
	// NewTimer returns a timer that fires once, d from now. A d of zero or less fires at once.
	NewTimer(d time.Duration) Timer
}

// Timer fires once.
type Timer interface {
	// C is the channel on which the time is sent when the timer fires.
	C() <-chan time.Time
	// Stop keeps the timer from firing and reports whether it did so in time.
	Stop() bool
}

// System returns the clock of the operating system.
func System() Clock { return systemClock{} }

type systemClock struct{}

func (systemClock) Now() time.Time { return Truncate(time.Now()) }

func (systemClock) NewTimer(d time.Duration) Timer { return systemTimer{time.NewTimer(d)} }

type systemTimer struct{ timer *time.Timer }

func (t systemTimer) C() <-chan time.Time { return t.timer.C }

func (t systemTimer) Stop() bool { return t.timer.Stop() }

// Truncate returns t in UTC without what is finer than a millisecond and without its monotonic reading.
func Truncate(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Stopwatch starts measuring and returns a function that tells how much time has passed on the operating system's
// monotonic clock. It is for metrics and logs, never for decisions.
func Stopwatch() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}
