package app_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

var all = app.Selection{ProgramID: "p", At: noon}

func TestL2_TiesShareARank(t *testing.T) {
	w := local(t)
	for i, user := range []string{"zoe", "ann", "ben", "di", "di", "cy", "ann"} {
		w.record(t, point("p", user, fmt.Sprint("r", i), noon.Add(time.Duration(i)*time.Second)))
	}
	w.record(t, point("p", "bea", "r9", noon)) // as early as zoe
	w.settle(t)
	if got, want := w.top(t, all), "1 di:2, 1 ann:2, 3 bea:1, 3 zoe:1, 3 ben:1, 3 cy:1"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	place, err := w.Rank(t.Context(), all, "cy")
	if err != nil || place.Row.Rank != 3 || place.People != 6 || place.Board != "all" {
		t.Fatalf("got %+v, %v", place, err)
	}
	if _, err := w.Rank(t.Context(), all, "nobody"); errs.Reason(err) != app.ReasonNotRanked {
		t.Fatalf("got %v", err)
	}
}

func TestL1_PeriodsFollowTheTimeZoneOfTheProgramme(t *testing.T) {
	w := local(t)
	// 20:00 in London is past midnight in Kolkata: a Monday, the first of a month.
	w.record(t, point("p", "ann", "r1", time.Date(2026, 5, 31, 20, 0, 0, 0, time.UTC)))
	w.settle(t)
	june := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		period domain.Period
		at     time.Time
		board  string
		rows   int
	}{
		{domain.AllTime, june, "all", 1}, {domain.Month, june, "2026-06", 1}, {domain.Week, june, "2026-W23", 1}, {domain.Day, june, "2026-06-01", 1},
		{domain.Month, june.AddDate(0, 0, -1), "2026-05", 0}, {domain.Week, june.AddDate(0, 0, -1), "2026-W22", 0}, {domain.Day, june.AddDate(0, 0, -1), "2026-05-31", 0},
	} {
		got, err := w.Top(t.Context(), app.Selection{ProgramID: "p", Period: test.period, At: test.at}, 10)
		if err != nil || got.Board != test.board || len(got.Rows) != test.rows || int(got.People) != test.rows {
			t.Errorf("%s: got %+v, %v", test.board, got, err)
		}
	}
}

func TestL1_AReversalSubtractsWhereThePointWasCounted(t *testing.T) {
	w := local(t)
	may := time.Date(2026, 5, 31, 20, 0, 0, 0, time.UTC)
	cmd := point("p", "ann", "r1", may)
	w.record(t, cmd)
	w.record(t, point("p", "ann", "r2", may.AddDate(0, 0, 20)))
	back := reversal(cmd)
	back.TimeZone = "Europe/London" // where it would be May
	if total := w.record(t, back); total != 1 {
		t.Fatalf("total %d", total)
	}
	w.settle(t)
	sel := app.Selection{ProgramID: "p", Period: domain.Month, At: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
	if got := w.top(t, sel); got != "1 ann:1" {
		t.Fatalf("June: %s", got)
	}
	sel.Period = domain.Day
	if got := w.top(t, sel); got != "" {
		t.Fatalf("the day of the reversed point: %s", got)
	}
}

func TestCommandsAreExecutedOnce(t *testing.T) {
	w := local(t)
	cmd := point("p", "ann", "r1", noon)
	w.record(t, cmd)
	w.record(t, point("p", "ann", "r2", noon))
	total, replayed, err := w.Record(t.Context(), cmd)
	if err != nil || !replayed || total != 1 {
		t.Fatalf("replay: %d, %v, %v", total, replayed, err)
	}
	for name, change := range map[string]func(*app.ScoreCommand){
		"person": func(c *app.ScoreCommand) { c.UserID = "ben" },
		"points": func(c *app.ScoreCommand) { c.Delta = 2 },
		"time":   func(c *app.ScoreCommand) { c.OccurredAt = noon.Add(time.Hour) },
		"zone":   func(c *app.ScoreCommand) { c.TimeZone = "UTC" },
	} {
		other := cmd
		change(&other)
		if _, _, err := w.Record(t.Context(), other); errs.Reason(err) != command.ReasonReused {
			t.Errorf("another %s: %v", name, err)
		}
	}
	for _, zone := range []string{"Mars/Olympus", "Local", "", "../etc/passwd"} {
		other := point("p", "ann", "r3", noon)
		other.TimeZone = zone
		if _, _, err := w.Record(t.Context(), other); errs.Reason(err) != app.ReasonTimeZoneUnknown {
			t.Errorf("zone %q: %v", zone, err)
		}
	}
	w.settle(t)
	if got := w.top(t, all); got != "1 ann:2" {
		t.Fatalf("got %s", got)
	}
}

func TestAProgrammeWithoutScoresHasEmptyBoards(t *testing.T) {
	w := local(t)
	got, err := w.Top(t.Context(), app.Selection{ProgramID: "q", Period: domain.Day, At: noon}, 10)
	if err != nil || len(got.Rows) != 0 || got.People != 0 || got.Board != "2026-11-23" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, err := w.Rank(t.Context(), app.Selection{ProgramID: "q"}, "ann"); errs.Reason(err) != app.ReasonNotRanked {
		t.Fatalf("got %v", err)
	}
	if built, err := w.Rebuild(t.Context(), "q"); err != nil || built.Users != 0 || built.Boards != 0 {
		t.Fatalf("got %+v, %v", built, err)
	}
}

// Any order and any repetition of records and reversals, with rebuilds in between, gives the boards of the naive model.
func TestL4_BoardsAreThoseOfTheModel(t *testing.T) {
	w := local(t)
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		program := fmt.Sprint("p", run)
		m := &model{}
		count := rapid.IntRange(1, 15).Draw(t, "referrals")
		for i := range count {
			user := rapid.SampledFrom([]string{"ann", "ben", "cy", "di"}).Draw(t, "user")
			at := noon.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "at")) * 6 * time.Hour)
			cmd := point(program, user, fmt.Sprint("r", i), at)
			m.records = append(m.records, cmd)
			if rapid.IntRange(0, 3).Draw(t, "reversed") == 0 {
				m.records = append(m.records, reversal(cmd))
			}
		}
		var group sync.WaitGroup
		for _, cmd := range rapid.Permutation(m.records).Draw(t, "order") {
			for range rapid.IntRange(1, 2).Draw(t, "sent") {
				group.Go(func() {
					if _, _, err := w.Record(t.Context(), cmd); err != nil {
						t.Errorf("record: %v", err)
					}
				})
			}
			if rapid.IntRange(0, 9).Draw(t, "rebuild") == 0 {
				group.Go(func() {
					if _, err := w.Rebuild(t.Context(), program); err != nil {
						t.Errorf("rebuild: %v", err)
					}
				})
			}
		}
		group.Wait()
		w.settle(t)
		compare(t, w, m, program)
	})
}

func compare(t tester, w world, m *model, program string) {
	t.Helper()
	for period := range domain.Periods {
		for _, at := range []time.Time{noon, noon.AddDate(0, 0, 9)} {
			sel := app.Selection{ProgramID: program, Period: domain.Period(period), At: at}
			if got, want := w.top(t, sel), show(m.rows(t, sel.Period, at)); got != want {
				t.Fatalf("period %d at %s: got %s, want %s", period, at, got, want)
			}
			for _, row := range m.rows(t, sel.Period, at) {
				place, err := w.Rank(t.Context(), sel, row.UserID)
				if err != nil || place.Row.Rank != row.Rank || place.Row.Score != row.Score || !place.Row.ReachedAt.Equal(row.ReachedAt) {
					t.Fatalf("%s: got %+v, %v, want %+v", row.UserID, place, err, row)
				}
			}
		}
	}
}
