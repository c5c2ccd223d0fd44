package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/chaintest"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// RunScores runs what leaderboard expects of its chains against stores that open makes, each of them empty, beyond the
// contract of all chains.
func RunScores(t *testing.T, open func(t *testing.T) chain.Store[domain.Line]) {
	t.Helper()
	t.Run("lines survive storage", func(t *testing.T) {
		chaintest.RoundTrip(t, domain.Line{})
		chaintest.RoundTrip(t, domain.Line{
			Score:    &domain.Score{Delta: -3, Total: 39, OccurredAt: noon, TimeZone: "Asia/Kolkata"},
			Executed: &domain.Executed{UserID: "ann"},
		})
	})
	for name, test := range map[string]func(*testing.T, *chain.Log[domain.Line], *app.Scores){
		"of 20 racers one executes a command": raceOfOne,
		"20 racers of one person lose none":   raceOfPerson,
		"an id belongs to one person":         onePerson,
		"a rebuild reads one programme":       onlyProgramme,
	} {
		t.Run(name, func(t *testing.T) {
			log := chain.New(open(t), chain.Options{})
			boards := &recording{people: map[string]int64{}}
			rebuilder := app.NewRebuilder(log, boards, testClock{}, func() string { return "edition" }, nil)
			projector := app.NewProjector(log, boards, rebuilder, testClock{}, app.ProjectorOptions{})
			test(t, log, app.NewScores(log, boards, projector, rebuilder, testClock{}))
			if err := log.Close(testkit.Context(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

func point(program, user, referral string) app.ScoreCommand {
	return app.ScoreCommand{
		ID: "score/" + program + "/" + referral, ProgramID: program, UserID: user, Delta: 1, OccurredAt: noon, TimeZone: "UTC",
	}
}

func raceOfOne(t *testing.T, log *chain.Log[domain.Line], scores *app.Scores) {
	ctx := testkit.Context(t)
	fresh := make([]bool, 20)
	var group sync.WaitGroup
	for i := range fresh {
		group.Go(func() {
			total, replayed, err := scores.Record(ctx, point("p", "ann", "r1"))
			if err != nil || total != 1 {
				t.Errorf("racer %d: %d, %v", i, total, err)
			}
			fresh[i] = !replayed
		})
	}
	group.Wait()
	first := slices.Index(fresh, true)
	if first < 0 || slices.Contains(fresh[first+1:], true) {
		t.Fatalf("executed by %v", fresh)
	}
	if head, ok, err := log.Head(ctx, domain.ScoreKey("p", "ann")); err != nil || !ok || head.Seq != 1 {
		t.Fatalf("head %+v, %v", head, err)
	}
}

func raceOfPerson(t *testing.T, log *chain.Log[domain.Line], scores *app.Scores) {
	ctx := testkit.Context(t)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			if _, _, err := scores.Record(ctx, point("p", "ann", fmt.Sprint("r", i))); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	head, _, err := log.Head(ctx, domain.ScoreKey("p", "ann"))
	if err != nil || head.Seq != 20 || head.Body.Score.Total != 20 {
		t.Fatalf("head %+v, %v", head, err)
	}
}

func onePerson(t *testing.T, log *chain.Log[domain.Line], scores *app.Scores) {
	ctx := testkit.Context(t)
	if _, _, err := scores.Record(ctx, point("p", "ann", "r1")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := scores.Record(ctx, point("p", "ben", "r1")); errs.Reason(err) != command.ReasonReused {
		t.Fatalf("got %v", err)
	}
	if _, ok, err := log.Head(ctx, domain.ScoreKey("p", "ben")); ok || err != nil {
		t.Fatalf("ben has a score: %v, %v", ok, err)
	}
}

func onlyProgramme(t *testing.T, log *chain.Log[domain.Line], scores *app.Scores) {
	ctx := testkit.Context(t)
	for _, program := range []string{"p", "p-1", "p1", "p.a"} {
		for _, user := range []string{"ann", "ben"} {
			if _, _, err := scores.Record(ctx, point(program, user, user)); err != nil {
				t.Fatal(err)
			}
		}
	}
	built, err := scores.Rebuild(ctx, "p")
	if err != nil || built.Users != 2 {
		t.Fatalf("got %+v, %v", built, err)
	}
	var programs []string
	for after := ""; ; {
		keys, err := log.Keys(ctx, domain.ScorePrefix(""), after, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(keys) == 0 {
			break
		}
		program, _, _ := domain.ParseScoreKey(keys[0])
		programs = append(programs, program)
		after = domain.AfterProgram(program)
	}
	slices.Sort(programs)
	if !slices.Equal(programs, []string{"p", "p-1", "p.a", "p1"}) {
		t.Fatalf("programmes %v", programs)
	}
}
