package domain

import (
	"errors"
	"testing"
	"time"
)

func TestM6_PeriodsFollowTheCalendarOfTheirZone(t *testing.T) {
	for _, c := range []struct {
		zone, at   string
		period     Period
		start, end string
	}{
		{"Asia/Kolkata", "2026-01-02T18:29:59Z", PeriodDay, "2026-01-01T18:30:00Z", "2026-01-02T18:30:00Z"},
		{"Asia/Kolkata", "2026-01-02T18:30:00Z", PeriodDay, "2026-01-02T18:30:00Z", "2026-01-03T18:30:00Z"},
		{"Asia/Kolkata", "2026-01-04T18:29:59Z", PeriodWeek, "2025-12-28T18:30:00Z", "2026-01-04T18:30:00Z"},
		{"Asia/Kolkata", "2026-01-04T18:30:00Z", PeriodWeek, "2026-01-04T18:30:00Z", "2026-01-11T18:30:00Z"},
		{"Asia/Kolkata", "2026-02-28T18:29:00Z", PeriodMonth, "2026-01-31T18:30:00Z", "2026-02-28T18:30:00Z"},
		{"Asia/Kolkata", "2025-12-31T18:30:00Z", PeriodMonth, "2025-12-31T18:30:00Z", "2026-01-31T18:30:00Z"},
		{"Europe/Berlin", "2026-03-29T12:00:00Z", PeriodDay, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}, // 23 hours
		{"Europe/Berlin", "2026-10-25T12:00:00Z", PeriodDay, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"}, // 25 hours
		{"Africa/Cairo", "2026-04-24T00:00:00Z", PeriodDay, "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"},  // no midnight
		{"Africa/Cairo", "2026-04-23T21:59:00Z", PeriodDay, "2026-04-22T22:00:00Z", "2026-04-23T22:00:00Z"},
		{"America/Havana", "2026-11-01T04:30:00Z", PeriodDay, "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"}, // midnight twice
		{"America/Havana", "2026-11-01T05:30:00Z", PeriodDay, "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
		{"UTC", "2026-01-02T18:29:59Z", PeriodTotal, "", ""},
	} {
		zone, err := Zone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at := moment(t, c.at)
		start, end := c.period.Bounds(at, zone)
		if !start.Equal(moment(t, c.start)) || !end.Equal(moment(t, c.end)) {
			t.Errorf("%s of %s in %s: got %s to %s", c.period, c.at, c.zone, start, end)
		}
		if w := (Window{Start: start, End: end}); !w.Covers(at) {
			t.Errorf("%s of %s in %s does not cover it", c.period, c.at, c.zone)
		}
	}
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestM6_DaysFollowEachOther(t *testing.T) {
	for _, name := range []string{"", "Europe/Berlin", "America/Havana", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Beirut", "Pacific/Apia"} {
		zone, err := Zone(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, period := range []Period{PeriodDay, PeriodWeek, PeriodMonth} {
			_, end := period.Bounds(time.Date(2011, 1, 1, 12, 0, 0, 0, time.UTC), zone)
			for range 800 {
				start, next := period.Bounds(end, zone)
				if !start.Equal(end) || !next.After(end) {
					t.Fatalf("%s: the %s after %s begins at %s", name, period, end, start)
				}
				if early, last := period.Bounds(next.Add(-time.Millisecond), zone); !early.Equal(start) || !last.Equal(next) {
					t.Fatalf("%s: the end of the %s that began at %s is in another", name, period, start)
				}
				end = next
			}
		}
	}
}

func TestM6_ClockThatIsLateCountsInThePeriodThatOthersBegan(t *testing.T) {
	zone, err := Zone("")
	if err != nil {
		t.Fatal(err)
	}
	now := Window{}.At(PeriodDay, noon, zone)
	now.Amount = 7
	if late := now.At(PeriodDay, noon.Add(-24*time.Hour), zone); late != now {
		t.Fatalf("got %+v", late)
	}
	if next := now.At(PeriodDay, noon.Add(24*time.Hour), zone); next.Amount != 0 || !next.Start.Equal(now.End) {
		t.Fatalf("got %+v", next)
	}
	for _, name := range []string{"Asia/Atlantis", "Local", "../x"} {
		if _, err := Zone(name); !errors.Is(err, ErrZone) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
