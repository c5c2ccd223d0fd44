// Package audittest is the contract of audit.Store, run against every adapter.
package audittest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/idgen"
)

var start = time.Date(2026, 3, 1, 10, 0, 0, 123_000_000, time.UTC)

const (
	create = "/refersuite.referral.v1.ReferralService/CreateProgram"
	review = "/refersuite.referral.v1.ReferralService/ApplyReviewDecision"
)

// Run runs the contract. The factory returns an empty store, which it closes itself at the end of the test.
func Run(t *testing.T, factory func(t *testing.T) audit.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, audit.Store){
		"an intent is visible at once, without an outcome": testIntent,
		"an outcome completes its intent":                  testOutcome,
		"everything comes back as it was":                  testRoundTrip,
		"beginning twice is beginning once":                testRepeated,
		"the first outcome stands":                         testFirstOutcome,
		"an unknown id is ignored":                         testUnknown,
		"outcomes are no entries, however one asks":        testOutcomesAreNoEntries,
		"pages run newest first without gaps or overlaps":  testPages,
		"a query selects by subject, method and both":      testFilters,
		"20 writers at once lose nothing":                  testRace,
		"a cancelled caller writes no intent":              testCancelled,
	} {
		t.Run(name, func(t *testing.T) { test(t, factory(t)) })
	}
}

func intent(id, subject, method string, at time.Time) audit.Intent {
	return audit.Intent{ID: id, Method: method, Subject: subject, StartedAt: at, RequestID: "req-" + id}
}

// fill begins n entries with ids in order and returns the ids, oldest first.
func fill(t *testing.T, store audit.Store, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for i := range n {
		ids[i] = fmt.Sprintf("entry-%06d", i)
		subject, method := "asha", create
		if i%2 == 1 {
			subject = "ravi"
		}
		if i%3 == 0 {
			method = review
		}
		begin(t, store, intent(ids[i], subject, method, start.Add(time.Duration(i)*time.Second)))
	}
	return ids
}

func begin(t *testing.T, store audit.Store, i audit.Intent) {
	t.Helper()
	if err := store.Begin(t.Context(), i); err != nil {
		t.Fatalf("Begin: %v", err)
	}
}

func end(t *testing.T, store audit.Store, o audit.Outcome) {
	t.Helper()
	if err := store.End(t.Context(), o); err != nil {
		t.Fatalf("End: %v", err)
	}
	if err := store.Flush(t.Context()); err != nil {
		t.Fatalf("Flush: %v", err)
	}
}

func list(t *testing.T, store audit.Store, q audit.Query) []audit.Entry {
	t.Helper()
	entries, err := store.List(t.Context(), q)
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	return entries
}

func idsOf(entries []audit.Entry) []string {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	return ids
}

func testIntent(t *testing.T, store audit.Store) {
	begin(t, store, intent("a", "asha", create, start))
	entries := list(t, store, audit.Query{})
	if len(entries) != 1 || !entries[0].FinishedAt.IsZero() || entries[0].Code != "" {
		t.Fatalf("entries = %+v", entries)
	}
}

func testOutcome(t *testing.T, store audit.Store) {
	begin(t, store, intent("a", "asha", create, start))
	end(t, store, audit.Outcome{ID: "a", FinishedAt: start.Add(time.Second), Code: "OK"})
	got := list(t, store, audit.Query{})
	if len(got) != 1 || got[0].Code != "OK" || got[0].Reason != "" || !got[0].FinishedAt.Equal(start.Add(time.Second)) {
		t.Fatalf("entries = %+v", got)
	}
}

func testRoundTrip(t *testing.T, store audit.Store) {
	want := audit.Entry{
		Intent: audit.Intent{
			ID: "a", Method: create, Subject: "asha", Roles: []string{"USER", "ADMIN"}, RequestID: "req-1",
			TraceID: "0af7651916cd43dd8448eb211c80319c", StartedAt: start, Targets: []string{"program_id=spring", "code=नमस्ते"},
		},
		FinishedAt: start.Add(7 * time.Millisecond), Code: "ALREADY_EXISTS", Reason: "PROGRAM_EXISTS",
	}
	begin(t, store, want.Intent)
	end(t, store, audit.Outcome{ID: "a", FinishedAt: want.FinishedAt, Code: want.Code, Reason: want.Reason})
	if diff := cmp.Diff([]audit.Entry{want}, list(t, store, audit.Query{})); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
}

func testRepeated(t *testing.T, store audit.Store) {
	begin(t, store, intent("a", "asha", create, start))
	end(t, store, audit.Outcome{ID: "a", FinishedAt: start, Code: "OK"})
	begin(t, store, intent("a", "asha", create, start))
	end(t, store, audit.Outcome{ID: "a", FinishedAt: start, Code: "OK"})
	if got := list(t, store, audit.Query{}); len(got) != 1 || got[0].Code != "OK" {
		t.Fatalf("entries = %+v", got)
	}
}

func testFirstOutcome(t *testing.T, store audit.Store) {
	begin(t, store, intent("a", "asha", create, start))
	end(t, store, audit.Outcome{ID: "a", FinishedAt: start, Code: "OK"})
	end(t, store, audit.Outcome{ID: "a", FinishedAt: start.Add(time.Hour), Code: "INTERNAL", Reason: "PANIC"})
	if got := list(t, store, audit.Query{}); len(got) != 1 || got[0].Code != "OK" || got[0].Reason != "" || !got[0].FinishedAt.Equal(start) {
		t.Fatalf("entries = %+v", got)
	}
}

// testOutcomesAreNoEntries pages through entries of which every other one has ended, and some of an anonymous caller.
func testOutcomesAreNoEntries(t *testing.T, store audit.Store) {
	ids := fill(t, store, 20)
	ids = append(ids, "entry-000020")
	begin(t, store, intent("entry-000020", "", review, start))
	for i, id := range ids {
		if i%2 == 0 {
			end(t, store, audit.Outcome{ID: id, FinishedAt: start.Add(time.Minute), Code: "OK"})
		}
	}
	slices.Reverse(ids)
	for _, tc := range []struct {
		query audit.Query
		want  int
	}{{audit.Query{}, 21}, {audit.Query{Subject: "asha"}, 10}, {audit.Query{Method: review}, 8}, {audit.Query{Subject: "asha", Method: review}, 4}} {
		var seen []audit.Entry
		for query := tc.query; ; query.Before = seen[len(seen)-1].ID {
			query.Limit = 4
			page := list(t, store, query)
			if seen = append(seen, page...); len(page) < 4 {
				break
			}
		}
		if len(seen) != tc.want || (tc.want == len(ids) && !slices.Equal(idsOf(seen), ids)) {
			t.Errorf("%+v: %v, want %d entries", tc.query, idsOf(seen), tc.want)
		}
		for _, e := range seen {
			if ended := (e.ID[len(e.ID)-1]-'0')%2 == 0; ended != (e.Code == "OK") || ended == e.FinishedAt.IsZero() {
				t.Errorf("%+v: entry %+v", tc.query, e)
			}
		}
	}
}

func testUnknown(t *testing.T, store audit.Store) {
	end(t, store, audit.Outcome{ID: "nobody", FinishedAt: start, Code: "OK"})
	if got := list(t, store, audit.Query{}); len(got) != 0 {
		t.Fatalf("entries = %+v", got)
	}
}

func testPages(t *testing.T, store audit.Store) {
	ids := fill(t, store, 25)
	slices.Reverse(ids)
	var seen []string
	for before := ""; ; {
		page := idsOf(list(t, store, audit.Query{Before: before, Limit: 10}))
		seen = append(seen, page...)
		if len(page) < 10 {
			break
		}
		before = page[len(page)-1]
	}
	if diff := cmp.Diff(ids, seen); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
	if all := list(t, store, audit.Query{Limit: audit.MaxPage + 1}); len(all) != 25 {
		t.Fatalf("a limit out of bounds means the largest page; got %d entries", len(all))
	}
}

func testFilters(t *testing.T, store audit.Store) {
	fill(t, store, 24)
	for _, tc := range []struct {
		query audit.Query
		want  int
	}{
		{audit.Query{Subject: "asha"}, 12},
		{audit.Query{Method: review}, 8},
		{audit.Query{Subject: "ravi", Method: review}, 4},
		{audit.Query{Subject: "ravi", Before: "entry-000012"}, 6},
		{audit.Query{Subject: "nobody"}, 0},
		{audit.Query{Method: "/no/such"}, 0},
	} {
		entries := list(t, store, tc.query)
		if len(entries) != tc.want {
			t.Errorf("%+v: %d entries, want %d", tc.query, len(entries), tc.want)
		}
		for _, e := range entries {
			if (tc.query.Subject != "" && e.Subject != tc.query.Subject) || (tc.query.Method != "" && e.Method != tc.query.Method) {
				t.Errorf("%+v selected %+v", tc.query, e)
			}
		}
		if !slices.IsSortedFunc(entries, func(a, b audit.Entry) int { return -cmpString(a.ID, b.ID) }) {
			t.Errorf("%+v: not newest first: %v", tc.query, idsOf(entries))
		}
	}
}

func cmpString(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

func testRace(t *testing.T, store audit.Store) {
	ids := idgen.UUIDv7()
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for range 10 {
				i := intent(ids.NewID(), "asha", create, start)
				if err := store.Begin(t.Context(), i); err != nil {
					t.Error(err)
				}
				if err := store.End(t.Context(), audit.Outcome{ID: i.ID, FinishedAt: start, Code: "OK"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if err := store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries := list(t, store, audit.Query{})
	if len(entries) != 200 {
		t.Fatalf("%d entries, want 200", len(entries))
	}
	for _, e := range entries {
		if e.Code != "OK" {
			t.Fatalf("entry without its outcome: %+v", e)
		}
	}
}

func testCancelled(t *testing.T, store audit.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Begin(ctx, intent("a", "asha", create, start)); err == nil {
		t.Fatal("Begin accepted a cancelled caller")
	}
}
