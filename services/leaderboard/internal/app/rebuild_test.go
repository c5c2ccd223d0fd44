package app_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
	"github.com/refersuite/refersuite/services/leaderboard/internal/memstore"
)

func TestL4_TwoRebuildsGiveTheSameDigest(t *testing.T) {
	w := local(t)
	for i := range 60 {
		w.record(t, point("p", fmt.Sprint("u", i%13), fmt.Sprint("r", i), noon.Add(time.Duration(i)*time.Hour)))
	}
	w.record(t, reversal(point("p", "u3", "r3", noon.Add(3*time.Hour))))
	w.settle(t)
	first, err := w.Rebuild(t.Context(), "p")
	if err != nil || first.Users != 13 || first.Boards < 4 || len(first.Digest) != 64 {
		t.Fatalf("got %+v, %v", first, err)
	}
	second, err := w.Rebuild(t.Context(), "p")
	if err != nil || second != first {
		t.Fatalf("got %+v, %v, want %+v", second, err, first)
	}
	w.record(t, point("p", "u1", "later", noon))
	third, err := w.Rebuild(t.Context(), "p")
	if err != nil || third.Digest == first.Digest {
		t.Fatalf("other scores, the same digest: %+v, %v", third, err)
	}
}

func TestL4_NothingRecordedDuringARebuildIsLost(t *testing.T) {
	boards, _ := redisOf(t)
	store := memstore.New()
	// Two processes on the same stores.
	processes := []world{start(t, store, boards, app.ProjectorOptions{}), start(t, store, boards, app.ProjectorOptions{})}
	m := &model{}
	for i := range 200 {
		m.records = append(m.records, point("p", fmt.Sprint("u", i%17), fmt.Sprint("r", i), noon.Add(time.Duration(i)*time.Minute)))
	}
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := worker; i < len(m.records); i += 8 {
				if _, _, err := processes[i%2].Record(t.Context(), m.records[i]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, w := range processes {
		group.Go(func() {
			for range 5 {
				if _, err := w.Rebuild(t.Context(), "p"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for _, w := range processes {
		w.settle(t)
	}
	compare(t, processes[0], m, "p")
}

func TestLostBoards_AreRebuiltAndScoresGoOn(t *testing.T) {
	boards, _ := redisOf(t)
	lost := &flaky{Boards: boards}
	w := start(t, memstore.New(), lost, app.ProjectorOptions{})
	w.record(t, point("p", "ann", "r1", noon))
	w.settle(t)
	if got := w.top(t, all); got != "1 ann:1" {
		t.Fatalf("got %s", got)
	}
	lost.down.Store(true)
	for i := range 50 {
		w.record(t, point("p", "ben", fmt.Sprint("b", i), noon))
	}
	if _, err := w.Top(t.Context(), all, 10); errs.Reason(err) != app.ReasonBoardUnavailable || errs.CodeOf(err) != errs.Unavailable {
		t.Fatalf("got %v", err)
	}
	if _, err := w.Rank(t.Context(), all, "ann"); errs.Reason(err) != app.ReasonBoardUnavailable {
		t.Fatalf("got %v", err)
	}
	lost.down.Store(false)
	eventually(t, "1 ben:50, 2 ann:1", func() (string, error) { return w.ranking(t.Context(), all) })
}

func TestEmptiedBoards_AreRebuiltByTheNextReaderOrScore(t *testing.T) {
	boards, flush := redisOf(t)
	w := start(t, memstore.New(), boards, app.ProjectorOptions{})
	w.record(t, point("p", "ann", "r1", noon))
	w.record(t, point("p", "ben", "r2", noon.Add(time.Second)))
	w.settle(t)
	flush()
	if got := w.top(t, all); got != "1 ann:1, 1 ben:1" {
		t.Fatalf("after a read: %s", got)
	}
	flush()
	w.record(t, point("p", "ben", "r3", noon))
	eventually(t, "1 ben:2, 2 ann:1", func() (string, error) { return w.ranking(t.Context(), all) })
}

func TestRestart_RebuildsBoards(t *testing.T) {
	store := memstore.New()
	boards, flush := redisOf(t)
	first := start(t, store, boards, app.ProjectorOptions{})
	first.record(t, point("p", "ann", "r1", noon))
	first.settle(t)
	first.stop()
	// A process died after its chain and before its boards: only the chain knows.
	log := chain.New(store, chain.Options{})
	silent := app.NewProjector(log, boards, app.NewRebuilder(log, boards, nil, nil, nil), nil, app.ProjectorOptions{})
	if _, _, err := app.NewScores(log, boards, silent, nil, nil).Record(t.Context(), point("p", "ben", "r2", noon)); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := start(t, store, boards, app.ProjectorOptions{})
	eventually(t, "1 ann:1, 1 ben:1", func() (string, error) { return second.ranking(t.Context(), all) })
	second.stop()
	flush()
	third := start(t, store, boards, app.ProjectorOptions{})
	if got := third.top(t, all); got != "1 ann:1, 1 ben:1" {
		t.Fatalf("got %s", got)
	}
}

func TestAFailedRebuild_LeavesTheWayFree(t *testing.T) {
	boards, _ := redisOf(t)
	broken := &flaky{Boards: boards}
	w := start(t, memstore.New(), broken, app.ProjectorOptions{})
	w.record(t, point("p", "ann", "r1", noon))
	w.settle(t)
	w.top(t, all)
	broken.half.Store(true)
	if _, err := w.Rebuild(t.Context(), "p"); !errors.Is(err, errDown) {
		t.Fatalf("got %v", err)
	}
	broken.half.Store(false)
	if built, err := w.Rebuild(t.Context(), "p"); err != nil || built.Users != 1 {
		t.Fatalf("got %+v, %v", built, err)
	}
}

func TestAFullQueue_IsLeftToARebuild(t *testing.T) {
	boards, _ := redisOf(t)
	w := start(t, memstore.New(), boards, app.ProjectorOptions{MaxPending: 1})
	for i := range 50 {
		w.record(t, point("p", fmt.Sprintf("u%02d", i%3), fmt.Sprint("r", i), noon))
	}
	eventually(t, "1 u00:17, 1 u01:17, 3 u02:16", func() (string, error) { return w.ranking(t.Context(), all) })
}

func TestL4_EntriesOfAnotherProcessAreCaughtUp(t *testing.T) {
	store := memstore.New()
	boards, _ := redisOf(t)
	w := start(t, store, boards, app.ProjectorOptions{})
	w.record(t, point("p", "ann", "r1", noon))
	w.settle(t)
	w.top(t, all)
	log := chain.New(store, chain.Options{})
	silent := app.NewProjector(log, boards, app.NewRebuilder(log, boards, nil, nil, nil), nil, app.ProjectorOptions{})
	other := app.NewScores(log, boards, silent, nil, nil)
	for i := range 3 {
		if _, _, err := other.Record(t.Context(), point("p", "ann", fmt.Sprint("s", i), noon)); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if total := w.record(t, point("p", "ann", "r2", noon)); total != 5 {
		t.Fatalf("total %d", total)
	}
	eventually(t, "1 ann:5", func() (string, error) { return w.ranking(t.Context(), all) })
}

func TestBoardNames_FollowIsoWeeks(t *testing.T) {
	for at, want := range map[time.Time]string{
		time.Date(2027, 1, 3, 12, 0, 0, 0, time.UTC):   "2026-W53",
		time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC): "2026-W48",
	} {
		if got := domain.BoardName(domain.Week, at, time.UTC); got != want {
			t.Errorf("%s is in %s, want %s", at, got, want)
		}
	}
}
