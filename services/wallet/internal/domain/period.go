package domain

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// DefaultZone is the time zone of a programme that has not said its own.
const DefaultZone = "Asia/Kolkata"

// ErrZone says that a name is not in the time zone database.
var ErrZone = errors.New("not an IANA time zone such as Asia/Kolkata")

// zones keeps what was loaded: there are some hundreds of names.
var zones sync.Map

// Zone returns the time zone of an IANA name; the default one for the empty name. It fails with ErrZone.
func Zone(name string) (*time.Location, error) {
	if name == "" {
		name = DefaultZone
	}
	if known, ok := zones.Load(name); ok {
		if zone, ok := known.(*time.Location); ok {
			return zone, nil
		}
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" { // where the process happens to run
		return nil, fmt.Errorf("%q: %w", name, ErrZone)
	}
	zones.Store(name, zone)
	return zone, nil
}

// Bounds returns the calendar period around a moment, half-open and in UTC; zero times for all time. Weeks begin on Monday.
func (p Period) Bounds(at time.Time, zone *time.Location) (start, end time.Time) {
	year, month, day := at.In(zone).Date()
	switch p {
	case PeriodDay:
		return firstOf(year, month, day, zone), firstOf(year, month, day+1, zone)
	case PeriodWeek:
		monday := day - (int(at.In(zone).Weekday())+6)%7
		return firstOf(year, month, monday, zone), firstOf(year, month, monday+7, zone)
	case PeriodMonth:
		return firstOf(year, month, 1, zone), firstOf(year, month+1, 1, zone)
	case PeriodTotal:
	}
	return time.Time{}, time.Time{}
}

// grain divides all changes of clocks.
const grain = 15 * time.Minute

// firstOf returns the first moment of a day. Clocks that change at midnight may skip it or show it twice.
func firstOf(year int, month time.Month, day int, zone *time.Location) time.Time {
	first := time.Date(year, month, day, 0, 0, 0, 0, zone)
	want := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	for dateOf(first, zone).Before(want) {
		first = first.Add(grain)
	}
	for earlier := first.Add(-grain); !dateOf(earlier, zone).Before(want); earlier = first.Add(-grain) {
		first = earlier
	}
	return first.UTC()
}

// dateOf returns the day that a clock shows, as midnight in UTC, so that days compare.
func dateOf(at time.Time, zone *time.Location) time.Time {
	year, month, day := at.In(zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Covers reports whether a moment lies in the window.
func (w Window) Covers(at time.Time) bool {
	return !at.Before(w.Start) && (w.End.IsZero() || at.Before(w.End))
}

// At returns the window of a period around a moment: w itself, moved on if the moment lies behind it. A window never moves
// back; a clock that is late counts in the window that others have begun.
func (w Window) At(p Period, at time.Time, zone *time.Location) Window {
	start, end := p.Bounds(at, zone)
	if start.After(w.Start) || w.End.IsZero() != end.IsZero() {
		return Window{Start: start, End: end}
	}
	return w
}
