package e2e_test

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
)

// TestE2EStores_RestartDeliversOnce stops a suite while commands wait: the releases of held rewards always do, payouts
// when the stop is quick enough. The next process on the same stores finishes all of it, once.
func TestE2EStores_RestartDeliversOnce(t *testing.T) {
	const referrers, referees = 4, 5
	options := kept(t)
	program := unique("restart")
	before := start(t, options)
	before.publish(t, program, smallTerms("3s"))
	var all sync.WaitGroup
	for i := range referrers {
		all.Go(func() {
			for j := range referees {
				before.bought(t, program, person("ann", program, i), person("bela", program, i*referees+j))
			}
		})
	}
	all.Wait()
	backlog := before.must(t, http.MethodGet, "/v1/operations/referral/backlog", before.token(t, "admin", "ADMIN"), nil)
	before.stop(t)
	if backlog.at("pending") == "0" && backlog.at("scheduled") == "0" {
		t.Errorf("nothing was left to deliver at the stop: %s", backlog.text)
	}

	after := start(t, options).stopAtEnd(t)
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

// bought refers a person by invitation and tells of the purchase, without waiting for what follows.
func (w world) bought(t *testing.T, program, referrer, referee string) {
	backend, err := w.Token("backend", tokenTTL, "SYSTEM")
	if err != nil {
		t.Error(err)
		return
	}
	for _, request := range []struct {
		path string
		body object
	}{
		{"/v1/referrals", object{"program_id": program, "referrer_id": referrer, "referee_id": referee}},
		{"/v1/events", object{"event_id": "e", "program_id": program, "referee_id": referee, "type": "EVENT_TYPE_PURCHASE"}},
	} {
		got, err := w.send(t.Context(), http.MethodPost, request.path, backend, request.body)
		if err != nil || got.status != http.StatusOK {
			t.Errorf("%s for %s: %d %s, %v", request.path, referee, got.status, got.text, err)
			return
		}
	}
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
