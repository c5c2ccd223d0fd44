package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// journey is one person who is referred by an invitation and buys.
type journey struct{ referrer, referee string }

// TestE2EStores_RestartDeliversOnce stops a suite while requests are being served and commands wait: the releases of held
// rewards always do. The next process on the same stores is sent every request again, those that were answered and those
// that were not, and all of it happens once.
func TestE2EStores_RestartDeliversOnce(t *testing.T) {
	const referrers, referees, playedBefore = 4, 5, 10
	options := kept(t)
	program := unique("restart")
	before := start(t, options)
	before.publish(t, program, smallTerms("4s"))
	lanes := make([][]journey, referrers)
	for i := range lanes {
		for j := range referees {
			lanes[i] = append(lanes[i], journey{person("ann", program, i), person("bela", program, i*referees+j)})
		}
	}
	backend := before.token(t, "backend", "SYSTEM")

	var done atomic.Int64
	enough := make(chan struct{})
	problems := before.playAll(t.Context(), program, backend, lanes, func() {
		if done.Add(1) == playedBefore {
			close(enough)
		}
	})
	select {
	case <-enough:
	case problem, failed := <-problems:
		if failed {
			t.Errorf("before the stop: %v", problem)
		}
	}
	before.stop(t)
	cut := 0
	for range problems {
		cut++
	}
	t.Logf("the stop cut %d of %d journeys off", cut, referrers*referees)

	after := start(t, options).stopAtEnd(t)
	admin := after.token(t, "admin", "ADMIN")
	left := after.must(t, http.MethodGet, "/v1/operations/referral/backlog", admin, nil)
	if left.at("pending") == "0" && left.at("scheduled") == "0" {
		t.Errorf("nothing was left to deliver after the stop: %s", left.text)
	}
	for problem := range after.playAll(t.Context(), program, backend, lanes, func() {}) {
		t.Error(problem)
	}
	after.idle(t)
	// Two at ₹10, three at ₹20 and the bonus; each reward and the bonus is one posting, and its release another.
	for i := range referrers {
		after.expectMoney(t, person("ann", program, i), 2*1000+3*2000+7000, 2*(referees+1))
	}
	for i := range referrers * referees {
		after.expectMoney(t, person("bela", program, i), 500, 2)
	}
	after.expectSound(t)
}

func person(name, program string, i int) string { return fmt.Sprintf("%s-%d-%s", name, i, program) }

// playAll plays the journeys, those of each lane one after the other, and calls played after each that succeeded. The
// returned channel gives what failed and is closed at the end.
func (w world) playAll(ctx context.Context, program, token string, lanes [][]journey, played func()) <-chan error {
	total := 0
	for _, lane := range lanes {
		total += len(lane)
	}
	problems := make(chan error, total)
	var all sync.WaitGroup
	for _, lane := range lanes {
		all.Go(func() {
			for _, j := range lane {
				if err := w.bought(ctx, program, token, j); err != nil {
					problems <- err
					continue
				}
				played()
			}
		})
	}
	go func() {
		all.Wait()
		close(problems)
	}()
	return problems
}

// bought refers a person and tells of the purchase, without waiting for what follows.
func (w world) bought(ctx context.Context, program, token string, j journey) error {
	for _, request := range []struct {
		path string
		body object
	}{
		{"/v1/referrals", object{"program_id": program, "referrer_id": j.referrer, "referee_id": j.referee}},
		{"/v1/events", object{"event_id": "e", "program_id": program, "referee_id": j.referee, "type": "EVENT_TYPE_PURCHASE"}},
	} {
		got, err := w.send(ctx, http.MethodPost, request.path, token, request.body)
		if err != nil {
			return err
		}
		if got.status != http.StatusOK {
			return fmt.Errorf("%s for %s: %d %s", request.path, j.referee, got.status, got.text)
		}
	}
	return nil
}

// idle waits until nothing is due and nothing is scheduled.
func (w world) idle(t *testing.T) {
	t.Helper()
	admin := w.token(t, "admin", "ADMIN")
	eventually(t, func() string {
		b := w.must(t, http.MethodGet, "/v1/operations/referral/backlog", admin, nil)
		if b.at("parked") != "0" {
			t.Fatalf("a command was parked: %s", b.text)
		}
		if b.at("pending") != "0" || b.at("scheduled") != "0" {
			return "the backlog is " + b.text
		}
		return ""
	})
}

func (w world) expectMoney(t *testing.T, user string, available, postings int) {
	t.Helper()
	got := w.must(t, http.MethodGet, "/v1/users/"+user+"/balance?currency=INR", w.token(t, user, "USER"), nil)
	if got.at("available_minor") != strconv.Itoa(available) || got.at("held_minor") != "0" || got.at("postings") != strconv.Itoa(postings) {
		t.Errorf("%s has %s, want %d available by %d postings", user, got.text, available, postings)
	}
}
