package storetest

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/tier/internal/app"
)

// T1LadderNeverChanges checks that a version has one ladder for ever.
func T1LadderNeverChanges(t *testing.T, open Open) {
	m := start(t, open)
	m.put(t, ladder(1))
	changed := ladder(1)
	changed.Tiers[1].Bonus++
	wantRefusal(t, m.PutLadder(t.Context(), changed), errs.AlreadyExists, app.ReasonLadderDiffers)
	changed = ladder(1)
	changed.Policy = "ON_REVERSAL"
	wantRefusal(t, m.PutLadder(t.Context(), changed), errs.AlreadyExists, app.ReasonLadderDiffers)
	unsaid := ladder(1)
	unsaid.Policy = ""
	m.put(t, unsaid)
	broken := ladder(2)
	broken.Tiers[2].Threshold = 5
	wantRefusal(t, m.PutLadder(t.Context(), broken), errs.InvalidArgument, app.ReasonLadderInvalid)
	for _, version := range []int64{0, 1} {
		if got, err := m.Ladder(t.Context(), "p1", version); err != nil || !got.Equal(ladder(1)) {
			t.Fatalf("version %d is %+v, %v", version, got, err)
		}
	}
}

// T1LatestLadderIsTheHighest checks the order of versions, and that programmes with similar names do not mix.
func T1LatestLadderIsTheHighest(t *testing.T, open Open) {
	m := on(t, open(t), clock.NewFake(noon))
	for _, unknown := range []int64{0, 1} {
		_, err := m.Ladder(t.Context(), "p1", unknown)
		wantRefusal(t, err, errs.NotFound, app.ReasonLadderNotFound)
	}
	_, err := m.Member(t.Context(), "p1", "ann")
	wantRefusal(t, err, errs.NotFound, app.ReasonLadderNotFound)
	_, err = m.Count(t.Context(), "p1")
	wantRefusal(t, err, errs.NotFound, app.ReasonLadderNotFound)
	for _, version := range []int64{10, 2, 9} {
		m.put(t, ladder(version))
	}
	for i, program := range []string{"p1.a", "p10", "p1|a", "P1", "p"} {
		other := ladder(int64(100 + i))
		other.ProgramID = program
		m.put(t, other)
	}
	if got, err := m.Ladder(t.Context(), "p1", 0); err != nil || got.Version != 10 {
		t.Fatalf("the latest is %+v, %v", got, err)
	}
	_, err = m.Ladder(t.Context(), "p1", 3)
	wantRefusal(t, err, errs.NotFound, app.ReasonLadderNotFound)
}

// T1OneLadderWinsARace checks that of 20 different ladders for one version one is stored, and the others are told.
func T1OneLadderWinsARace(t *testing.T, open Open) {
	m := start(t, open)
	var won atomic.Int64
	var wait sync.WaitGroup
	begin := make(chan struct{})
	for i := range 20 {
		wait.Go(func() {
			mine := ladder(2)
			mine.Tiers[0].Reward = int64(i)
			<-begin
			switch err := m.PutLadder(t.Context(), mine); {
			case err == nil:
				won.Add(1)
			case errs.Reason(err) != app.ReasonLadderDiffers:
				t.Errorf("racer %d: %v", i, err)
			}
		})
	}
	close(begin)
	wait.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d ladders won", won.Load())
	}
}
