package app_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/redisx"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
	"github.com/refersuite/refersuite/services/leaderboard/internal/memstore"
	"github.com/refersuite/refersuite/services/leaderboard/internal/redisboard"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// redisOf returns a Redis in this process and what empties it.
func redisOf(t testing.TB) (boards app.Boards, flush func()) {
	t.Helper()
	client, err := redisx.Local(context.WithoutCancel(t.Context()), redisx.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return redisboard.New(client), func() {
		if err := client.FlushAll(testkit.Context(t)).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// world is one process: use cases with their projector and rebuilder running.
type world struct {
	*app.Scores
	log       *chain.Log[domain.Line]
	projector *app.Projector
	stop      func()
}

// start starts a process on a store and boards. It ends with the test, or when stopped.
func start(t testing.TB, store chain.Store[domain.Line], boards app.Boards, opts app.ProjectorOptions) world {
	t.Helper()
	clk := clock.System()
	log := chain.New(store, chain.Options{Clock: clk})
	token := func() string { return fmt.Sprint("edition-", tokens.Add(1)) }
	rebuilder := app.NewRebuilder(log, boards, clk, token, nil)
	projector := app.NewProjector(log, boards, rebuilder, clk, opts)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var group sync.WaitGroup
	group.Go(func() { projector.Run(ctx) })
	group.Go(func() { rebuilder.Run(ctx) })
	stop := sync.OnceFunc(func() {
		cancel()
		group.Wait()
		if err := log.Close(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return world{app.NewScores(log, boards, projector, rebuilder, clk), log, projector, stop}
}

var tokens atomic.Int64

func local(t *testing.T) world {
	t.Helper()
	boards, _ := redisOf(t)
	return start(t, memstore.New(), boards, app.ProjectorOptions{})
}

// point is the command for one point of a referral.
func point(program, user, referral string, at time.Time) app.ScoreCommand {
	return app.ScoreCommand{
		ID: "score/" + program + "/" + referral, ProgramID: program, UserID: user, Delta: 1, OccurredAt: at, TimeZone: "Asia/Kolkata",
	}
}

// reversal takes a point back.
func reversal(cmd app.ScoreCommand) app.ScoreCommand {
	cmd.ID, cmd.Delta = "reverse/"+cmd.ID, -cmd.Delta
	return cmd
}

func (w world) record(t tester, cmd app.ScoreCommand) int64 {
	t.Helper()
	total, _, err := w.Record(t.Context(), cmd)
	if err != nil {
		t.Fatal(err)
	}
	return total
}

// tester is testing.T or rapid.T.
type tester interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Fatal(args ...any)
}

// settle waits until everything recorded by this process is on the boards.
func (w world) settle(t tester) {
	t.Helper()
	select {
	case <-w.projector.Projected("", ""):
	case <-t.Context().Done():
		t.Fatal("nothing was projected")
	}
}

// top returns a board as rank user:score.
func (w world) top(t tester, sel app.Selection) string {
	t.Helper()
	text, err := w.ranking(t.Context(), sel)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (w world) ranking(ctx context.Context, sel app.Selection) (string, error) {
	ranking, err := w.Top(ctx, sel, 500)
	if err != nil {
		return "", err
	}
	return show(ranking.Rows), nil
}

func show(rows []domain.Row) string {
	var out []string
	for _, row := range rows {
		out = append(out, fmt.Sprintf("%d %s:%d", row.Rank, row.UserID, row.Score))
	}
	return strings.Join(out, ", ")
}

// eventually asks until the answer is the one wanted: for what happens by itself, in the background.
func eventually(t tester, want string, ask func() (string, error)) {
	t.Helper()
	for {
		got, err := ask()
		if err == nil && got == want {
			return
		}
		if clock.Wait(t.Context(), clock.System(), 5*time.Millisecond) != nil {
			t.Fatalf("got %q, %v; want %q", got, err, want)
		}
	}
}

// model is a board that recomputes everything: the naive one that the real ones are compared with.
type model struct{ records []app.ScoreCommand }

func (m *model) rows(t tester, period domain.Period, at time.Time) []domain.Row {
	t.Helper()
	zone, err := domain.Zone("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]domain.Row{}
	for _, cmd := range m.records {
		if domain.BoardName(period, cmd.OccurredAt, zone) != domain.BoardName(period, at, zone) {
			continue
		}
		row := people[cmd.UserID]
		row.UserID, row.Score = cmd.UserID, row.Score+cmd.Delta
		if cmd.OccurredAt.After(row.ReachedAt) {
			row.ReachedAt = cmd.OccurredAt
		}
		people[cmd.UserID] = row
	}
	var rows []domain.Row
	for _, row := range people {
		if row.Score > 0 {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b domain.Row) int {
		switch {
		case a.Score != b.Score:
			return int(b.Score - a.Score)
		case !a.ReachedAt.Equal(b.ReachedAt):
			return a.ReachedAt.Compare(b.ReachedAt)
		default:
			return strings.Compare(a.UserID, b.UserID)
		}
	})
	for i := range rows {
		rows[i].Rank = 1
		for _, other := range rows {
			if other.Score > rows[i].Score {
				rows[i].Rank++
			}
		}
	}
	return rows
}

// flaky is boards that can be lost.
type flaky struct {
	app.Boards
	down atomic.Bool
	half atomic.Bool // rebuilds fail before the swap
}

func (f *flaky) Digest(ctx context.Context, program, token string) (string, int64, error) {
	if f.half.Load() {
		return "", 0, errDown
	}
	return f.Boards.Digest(ctx, program, token)
}

var errDown = errors.New("connection refused")

func (f *flaky) Ping(ctx context.Context) error {
	if f.down.Load() {
		return errDown
	}
	return f.Boards.Ping(ctx)
}

func (f *flaky) Live(ctx context.Context, program string) (app.Edition, bool, error) {
	if f.down.Load() {
		return app.Edition{}, false, errDown
	}
	return f.Boards.Live(ctx, program)
}

func (f *flaky) Apply(ctx context.Context, program, zone string, changes []*domain.Tally) ([]app.Gap, bool, error) {
	if f.down.Load() {
		return nil, false, errDown
	}
	return f.Boards.Apply(ctx, program, zone, changes)
}
