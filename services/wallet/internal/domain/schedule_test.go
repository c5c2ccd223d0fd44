package domain

import (
	"testing"
	"time"
)

func TestM8_ScheduleIsDueOnceADayInItsTimeZone(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	fail(t, err)
	berlin, err := time.LoadLocation("Europe/Berlin")
	fail(t, err)
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		fail(t, err)
		return parsed
	}
	for name, c := range map[string]struct {
		schedule       Schedule
		now, due, next string
	}{
		"before":       {Schedule{Hour: 2, Minute: 30, Zone: kolkata}, "2026-01-01T20:59:59Z", "2025-12-31T21:00:00Z", "2026-01-01T21:00:00Z"},
		"at":           {Schedule{Hour: 2, Minute: 30, Zone: kolkata}, "2026-01-01T21:00:00Z", "2026-01-01T21:00:00Z", "2026-01-02T21:00:00Z"},
		"summer comes": {Schedule{Hour: 4, Zone: berlin}, "2026-03-29T01:59:00Z", "2026-03-28T03:00:00Z", "2026-03-29T02:00:00Z"},
		"summer came":  {Schedule{Hour: 4, Zone: berlin}, "2026-03-29T02:00:00Z", "2026-03-29T02:00:00Z", "2026-03-30T02:00:00Z"},
		"every":        {Schedule{Every: 6 * time.Hour}, "2026-01-01T07:00:00Z", "2026-01-01T06:00:00Z", "2026-01-01T12:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			now := at(c.now)
			if due, next := c.schedule.Due(now), c.schedule.Next(now); !due.Equal(at(c.due)) || !next.Equal(at(c.next)) || c.schedule.Off() {
				t.Fatalf("due %s and next %s, want %s and %s", due, next, c.due, c.next)
			}
		})
	}
	if !(Schedule{}).Off() {
		t.Fatal("the zero schedule is on")
	}
}
