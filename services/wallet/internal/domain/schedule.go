package domain

import "time"

// Schedule says when something is due again and again, the same for every replica. The zero value is never.
type Schedule struct {
	// Every is the interval, counted from the same moment everywhere; 0 means once a day.
	Every time.Duration
	// Hour and Minute are the time of day in Zone; Zone is nil for never.
	Hour, Minute int
	Zone         *time.Location
}

// Off reports whether nothing is ever due.
func (s Schedule) Off() bool { return s.Every <= 0 && s.Zone == nil }

// Due returns the last moment that is not after now at which it was due, in UTC.
func (s Schedule) Due(now time.Time) time.Time {
	if s.Every > 0 {
		return now.UTC().Truncate(s.Every)
	}
	if today := s.on(now, 0); !today.After(now) {
		return today
	}
	return s.on(now, -1)
}

// Next returns the first moment after now at which it will be due, in UTC.
func (s Schedule) Next(now time.Time) time.Time {
	if s.Every > 0 {
		return s.Due(now).Add(s.Every)
	}
	if today := s.on(now, 0); today.After(now) {
		return today
	}
	return s.on(now, 1)
}

// on returns the time of day on the calendar day of now, or some days later.
func (s Schedule) on(now time.Time, days int) time.Time {
	year, month, day := now.In(s.Zone).Date()
	return time.Date(year, month, day+days, s.Hour, s.Minute, 0, 0, s.Zone).UTC()
}
