package domain

import (
	"fmt"
	"time"
)

// Period is the stretch of time that a board covers.
type Period int

// The periods.
const (
	AllTime Period = iota
	Month
	Week
	Day
)

// Periods is how many there are.
const Periods = 4

// BoardName names the board of a period that covers a moment, in a time zone: all, 2026-11, 2026-W48 (an ISO week, from
// Monday, in its ISO year) or 2026-11-23.
func BoardName(p Period, at time.Time, zone *time.Location) string {
	local := at.In(zone)
	switch p {
	case AllTime:
		return "all"
	case Month:
		return local.Format("2006-01")
	case Week:
		year, week := local.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	case Day:
		return local.Format("2006-01-02")
	default:
		return "all"
	}
}

// BoardNames names every board that covers a moment.
func BoardNames(at time.Time, zone *time.Location) [Periods]string {
	var names [Periods]string
	for p := range names {
		names[p] = BoardName(Period(p), at, zone)
	}
	return names
}
