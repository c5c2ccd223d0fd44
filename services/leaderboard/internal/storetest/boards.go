// Package storetest holds the contracts of the stores of leaderboard. Every adapter passes them.
package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const lease = time.Minute

// RunBoards runs the contract of app.Boards against boards that open makes, each of them empty.
func RunBoards(t *testing.T, open func(t *testing.T) app.Boards) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, app.Boards){
		"without an edition nothing is applied":         noEdition,
		"rows stand by score, time and user":            order,
		"a change counts once and in its turn":          turns,
		"people without points leave":                   leaving,
		"applied and loaded boards have one digest":     digests,
		"changes during a rebuild reach the new boards": duringRebuild,
		"a silent builder is overtaken":                 overtaking,
		"programmes do not touch each other":            apart,
		"many people and boards fit in one call":        many,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// gained is a tally of consecutive entries of one point each, or minus one, that occurred at the given minutes after noon;
// a negative minute takes the point of that minute back.
func gained(user string, from int64, minutes ...int) *domain.Tally {
	t := domain.NewTally(user)
	for i, minute := range minutes {
		delta := int64(1)
		if minute < 0 {
			delta, minute = -1, -minute
		}
		t.Add(from+int64(i), domain.Score{Delta: delta, OccurredAt: noon.Add(time.Duration(minute) * time.Minute), TimeZone: "UTC"})
	}
	return t
}

func apply(t *testing.T, b app.Boards, changes ...*domain.Tally) []app.Gap {
	t.Helper()
	gaps, missing, err := b.Apply(testkit.Context(t), "p", "UTC", changes)
	if err != nil || missing {
		t.Fatalf("apply: missing %v, %v", missing, err)
	}
	return gaps
}

func begin(t *testing.T, b app.Boards, token string) {
	t.Helper()
	begun, err := b.Begin(testkit.Context(t), "p", token, noon, noon.Add(lease))
	if err != nil || !begun {
		t.Fatalf("begin: %v, %v", begun, err)
	}
}

func load(t *testing.T, b app.Boards, token string, people ...*domain.Tally) {
	t.Helper()
	if err := b.Load(testkit.Context(t), "p", token, noon.Add(lease), people); err != nil {
		t.Fatal(err)
	}
}

func finish(t *testing.T, b app.Boards, token string) {
	t.Helper()
	if err := b.Finish(testkit.Context(t), "p", token, "UTC"); err != nil {
		t.Fatal(err)
	}
}

func build(t *testing.T, b app.Boards, token string, people ...*domain.Tally) {
	t.Helper()
	begin(t, b, token)
	load(t, b, token, people...)
	finish(t, b, token)
}

func live(t *testing.T, b app.Boards) app.Edition {
	t.Helper()
	e, ok, err := b.Live(testkit.Context(t), "p")
	if err != nil || !ok {
		t.Fatalf("live: %v, %v", ok, err)
	}
	return e
}

// wantTop compares a board with rows written as user:score.
func wantTop(t *testing.T, b app.Boards, board, want string) {
	t.Helper()
	rows, people, err := b.Top(testkit.Context(t), live(t, b), board, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range rows {
		got = append(got, fmt.Sprintf("%s:%d", row.UserID, row.Score))
	}
	if strings.Join(got, " ") != want || int(people) != len(rows) {
		t.Fatalf("board %s: got %v of %d, want %s", board, got, people, want)
	}
}

func noEdition(t *testing.T, b app.Boards) {
	ctx := testkit.Context(t)
	if err := b.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := b.Live(ctx, "p"); ok || err != nil {
		t.Fatalf("live: %v, %v", ok, err)
	}
	if _, missing, err := b.Apply(ctx, "p", "UTC", []*domain.Tally{gained("ann", 1, 0)}); !missing || err != nil {
		t.Fatalf("apply: missing %v, %v", missing, err)
	}
	build(t, b, "e1")
	wantTop(t, b, "all", "")
	if e := live(t, b); e != (app.Edition{ProgramID: "p", Token: "e1", Zone: "UTC"}) {
		t.Fatalf("got %+v", e)
	}
}

func order(t *testing.T, b app.Boards) {
	ctx := testkit.Context(t)
	build(t, b, "e1", gained("zoe", 1, 1, 2), gained("ann", 1, 5, 3), gained("ben", 1, 5, 1), gained("cy", 1, 0), gained("di", 1, 1, 2, 3))
	wantTop(t, b, "all", "di:3 zoe:2 ann:2 ben:2 cy:1")
	wantTop(t, b, "2026-W48", "di:3 zoe:2 ann:2 ben:2 cy:1")
	wantTop(t, b, "2026-11-24", "")
	rows, people, err := b.Top(ctx, live(t, b), "all", 2)
	if err != nil || len(rows) != 2 || people != 5 || !rows[1].ReachedAt.Equal(noon.Add(2*time.Minute)) {
		t.Fatalf("top 2: %+v of %d, %v", rows, people, err)
	}
	for user, rank := range map[string]int64{"di": 1, "zoe": 2, "ann": 2, "ben": 2, "cy": 5} {
		row, people, ok, err := b.Rank(ctx, live(t, b), "2026-11", user)
		if err != nil || !ok || row.Rank != rank || row.UserID != user || people != 5 {
			t.Errorf("%s: %+v of %d, %v, %v", user, row, people, ok, err)
		}
	}
	if _, _, ok, err := b.Rank(ctx, live(t, b), "all", "nobody"); ok || err != nil {
		t.Fatalf("nobody: %v, %v", ok, err)
	}
}

func turns(t *testing.T, b app.Boards) {
	build(t, b, "e1", gained("ann", 1, 1, 2))
	if gaps := apply(t, b, gained("ann", 3, 3), gained("ben", 1, 1)); gaps != nil {
		t.Fatalf("in turn: %+v", gaps)
	}
	wantTop(t, b, "all", "ann:3 ben:1")
	// Sent again, and an old part of it.
	if gaps := apply(t, b, gained("ann", 3, 3), gained("ben", 1, 1)); gaps != nil {
		t.Fatalf("again: %+v", gaps)
	}
	// Overlapping and ahead.
	want := []app.Gap{{UserID: "ann", Seq: 3}, {UserID: "ben", Seq: 1}, {UserID: "cy", Seq: 0}}
	gaps := apply(t, b, gained("ann", 3, 3, 4), gained("ben", 4, 9), gained("cy", 2, 9))
	slices.SortFunc(gaps, func(x, y app.Gap) int { return strings.Compare(x.UserID, y.UserID) })
	if !slices.Equal(gaps, want) {
		t.Fatalf("gaps: %+v", gaps)
	}
	wantTop(t, b, "all", "ann:3 ben:1")
}

func leaving(t *testing.T, b app.Boards) {
	build(t, b, "e1", gained("ann", 1, 1, -1), gained("ben", 1, 2, 3))
	wantTop(t, b, "all", "ben:2")
	apply(t, b, gained("ben", 3, -2, -3), gained("cy", 1, -5))
	wantTop(t, b, "all", "")
	if _, _, ok, err := b.Rank(testkit.Context(t), live(t, b), "all", "ben"); ok || err != nil {
		t.Fatalf("ben left: %v, %v", ok, err)
	}
	apply(t, b, gained("ann", 3, 4), gained("cy", 2, 5, 6))
	wantTop(t, b, "all", "ann:1 cy:1")
}

func digests(t *testing.T, b app.Boards) {
	ctx := testkit.Context(t)
	build(t, b, "e1", gained("ann", 1, 1))
	apply(t, b, gained("ann", 2, 5, 3, -5), gained("ben", 1, 2, -2), gained("cy", 1, 24*60, 2*24*60))
	before, boards, err := b.Digest(ctx, "p", "e1")
	if err != nil || boards != 6 { // all, the month, the week and three days; ben is on none
		t.Fatalf("%d boards, %v", boards, err)
	}
	begin(t, b, "e2")
	load(t, b, "e2", gained("ann", 1, 1, 5, 3, -5), gained("ben", 1, 2, -2))
	if part, _, err := b.Digest(ctx, "p", "e2"); err != nil || part == before {
		t.Fatalf("half an edition has the digest of the whole: %v", err)
	}
	load(t, b, "e2", gained("cy", 1, 24*60, 2*24*60))
	after, _, err := b.Digest(ctx, "p", "e2")
	if err != nil || after != before {
		t.Fatalf("digests %s and %s, %v", before, after, err)
	}
}

func duringRebuild(t *testing.T, b app.Boards) {
	ctx := testkit.Context(t)
	build(t, b, "e1", gained("ann", 1, 1), gained("ben", 1, 1))
	begin(t, b, "e2")
	load(t, b, "e2", gained("ann", 1, 1))
	// Ann is loaded, Ben is not yet, Cy is new, Di has a gap.
	apply(t, b, gained("ann", 2, 2), gained("ben", 2, 2), gained("cy", 1, 3), gained("di", 2, 4))
	users, err := b.Behind(ctx, "p", "e2")
	slices.Sort(users)
	if err != nil || !slices.Equal(users, []string{"ben", "di"}) {
		t.Fatalf("behind: %v, %v", users, err)
	}
	if err := b.Finish(ctx, "p", "e2", "UTC"); !errors.Is(err, app.ErrBehind) {
		t.Fatalf("finish: %v", err)
	}
	wantTop(t, b, "all", "ann:2 ben:2 cy:1")
	// A reading of Ben's chain from before his last point does not settle him.
	load(t, b, "e2", gained("ben", 1, 1), gained("di", 1, 4, 4))
	if users, err := b.Behind(ctx, "p", "e2"); err != nil || !slices.Equal(users, []string{"ben"}) {
		t.Fatalf("behind: %v, %v", users, err)
	}
	load(t, b, "e2", gained("ben", 1, 1, 2))
	// An older reading that arrives late changes nothing.
	load(t, b, "e2", gained("ann", 1, 1), gained("ben", 1, 1))
	finish(t, b, "e2")
	wantTop(t, b, "all", "ann:2 ben:2 di:2 cy:1")
	if err := b.Finish(ctx, "p", "e2", "UTC"); !errors.Is(err, app.ErrOvertaken) {
		t.Fatalf("finish again: %v", err)
	}
}

func overtaking(t *testing.T, b app.Boards) {
	ctx := testkit.Context(t)
	begin(t, b, "e1")
	if begun, err := b.Begin(ctx, "p", "e2", noon.Add(lease-1), noon.Add(2*lease)); err != nil || begun {
		t.Fatalf("while e1 is being built: %v, %v", begun, err)
	}
	if err := b.Load(ctx, "p", "e1", noon.Add(2*lease), nil); err != nil {
		t.Fatal(err)
	}
	if begun, err := b.Begin(ctx, "p", "e2", noon.Add(lease), noon.Add(2*lease)); err != nil || begun {
		t.Fatalf("although e1 was heard of: %v, %v", begun, err)
	}
	if begun, err := b.Begin(ctx, "p", "e2", noon.Add(2*lease), noon.Add(3*lease)); err != nil || !begun {
		t.Fatalf("after the lease: %v, %v", begun, err)
	}
	if err := b.Load(ctx, "p", "e1", noon.Add(9*lease), []*domain.Tally{gained("ann", 1, 1)}); !errors.Is(err, app.ErrOvertaken) {
		t.Fatalf("load: %v", err)
	}
	if err := b.Finish(ctx, "p", "e1", ""); !errors.Is(err, app.ErrOvertaken) {
		t.Fatalf("finish: %v", err)
	}
	finish(t, b, "e2")
	wantTop(t, b, "all", "")
}

func apart(t *testing.T, b app.Boards) {
	build(t, b, "e1", gained("ann", 1, 1))
	if _, ok, err := b.Live(testkit.Context(t), "p2"); ok || err != nil {
		t.Fatalf("p2: %v, %v", ok, err)
	}
	if _, missing, err := b.Apply(testkit.Context(t), "p2", "", []*domain.Tally{gained("ann", 2, 1)}); err != nil || !missing {
		t.Fatalf("p2: missing %v, %v", missing, err)
	}
	wantTop(t, b, "all", "ann:1")
}

func many(t *testing.T, b app.Boards) {
	var people, more []*domain.Tally
	days := make([]int, 30)
	for i := range days {
		days[i] = i * 24 * 60
	}
	for i := range app.MaxPeople {
		user := fmt.Sprintf("u%03d", i)
		people = append(people, gained(user, 1, days...))
		more = append(more, gained(user, 31, days[i%30]))
	}
	build(t, b, "e1", people...)
	if gaps := apply(t, b, more...); gaps != nil {
		t.Fatalf("gaps: %+v", gaps)
	}
	rows, total, err := b.Top(testkit.Context(t), live(t, b), "all", 500)
	if err != nil || total != app.MaxPeople || len(rows) != app.MaxPeople || rows[0].Score != 31 {
		t.Fatalf("%d of %d rows, %v", len(rows), total, err)
	}
}
