package chain

import (
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
)

func pushed(t *testing.T, n int) *queue[int] {
	t.Helper()
	q := newQueue[int](10)
	for range n {
		if err := q.push(t.Context(), newRequest([]Append[int]{{Key: "k"}})); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

func TestGatherEndsWhenEnoughWait(t *testing.T) {
	q := pushed(t, 1)
	done := make(chan struct{})
	go func() { defer close(done); q.gather(2, time.Hour) }()
	select {
	case <-done:
		t.Fatal("one request was enough for two")
	default:
	}
	if err := q.push(t.Context(), newRequest([]Append[int]{{Key: "k"}})); err != nil {
		t.Fatal(err)
	}
	<-done
	if batch, _ := q.take(nil, 10); len(batch) != 2 {
		t.Fatalf("took %d requests, want 2", len(batch))
	}
}

func TestGatherEndsInTime(t *testing.T) {
	q := pushed(t, 1)
	q.gather(2, time.Millisecond)
	if batch, _ := q.take(nil, 10); len(batch) != 1 {
		t.Fatalf("took %d requests, want 1", len(batch))
	}
}

func TestGatherDoesNotWaitForALoneCaller(t *testing.T) {
	begin := clock.System().Now()
	newQueue[int](10).gather(1, time.Hour)
	if waited := clock.System().Now().Sub(begin); waited > time.Minute {
		t.Fatalf("waited %s for nobody", waited)
	}
}

func TestGatherEndsWithTheQueue(t *testing.T) {
	q := pushed(t, 1)
	done := make(chan struct{})
	go func() { defer close(done); q.gather(2, time.Hour) }()
	q.close()
	<-done
}
