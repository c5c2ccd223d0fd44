package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
)

const createPath = "/v1/referrals"

func referee(id string) string { return `{"code":"ABCD","referee_id":"` + id + `"}` }

func TestRepeatedKeyGetsTheFirstAnswer(t *testing.T) {
	s := newSuite(t, nil)
	key := header("Idempotency-Key", "k1")
	first := s.do("POST", createPath, referee("ann"), s.admin(), key)
	if first.status != http.StatusOK || first.header.Get("Idempotency-Replayed") != "" {
		t.Fatalf("got %d %s", first.status, first.raw)
	}
	again := s.do("POST", createPath, referee("ann"), s.admin(), key)
	if again.raw != first.raw || again.header.Get("Idempotency-Replayed") != "true" || again.header.Get("Content-Type") != "application/json" {
		t.Fatalf("got %d %s %v", again.status, again.raw, again.header)
	}
	if n := s.referrals.created.Load(); n != 1 {
		t.Fatalf("executed %d times", n)
	}
}

func TestKeyBelongsToOneCallerAndOnePath(t *testing.T) {
	s := newSuite(t, nil)
	key := header("Idempotency-Key", "k1")
	s.do("POST", createPath, referee("ann"), s.admin(), key)
	if got := s.do("POST", createPath, referee("ann"), s.as("another", "ADMIN"), key); got.header.Get("Idempotency-Replayed") != "" {
		t.Error("one caller got the answer to another")
	}
	if got := s.do("POST", "/v1/referrals/r1:review", "{}", s.admin(), key); got.reason() == "IDEMPOTENCY_KEY_REUSED" {
		t.Error("a key must count per path")
	}
}

func TestKeyOfAnotherRequestIsRefused(t *testing.T) {
	s := newSuite(t, nil)
	key := header("Idempotency-Key", "k1")
	s.do("POST", createPath, referee("ann"), s.admin(), key)
	got := s.do("POST", createPath, referee("bob"), s.admin(), key)
	if got.status != http.StatusUnprocessableEntity || got.reason() != "IDEMPOTENCY_KEY_REUSED" || s.referrals.created.Load() != 1 {
		t.Fatalf("got %d %s", got.status, got.raw)
	}
}

func TestDefiniteRefusalsAreKeptAndOthersAreNot(t *testing.T) {
	for id, kept := range map[string]bool{"cycle": true, "known": false, "busy": false, "away": false, "crash": false} {
		t.Run(id, func(t *testing.T) {
			s := newSuite(t, nil)
			key := header("Idempotency-Key", "k1")
			s.do("POST", createPath, referee(id), s.admin(), key)
			got := s.do("POST", createPath, referee(id), s.admin(), key)
			if replayed := got.header.Get("Idempotency-Replayed") == "true"; replayed != kept {
				t.Errorf("replayed %v: %d %s", replayed, got.status, got.raw)
			}
			if want := map[bool]int64{true: 1, false: 2}[kept]; s.referrals.created.Load() != want {
				t.Errorf("executed %d times", s.referrals.created.Load())
			}
		})
	}
}

func TestRepetitionWhileTheFirstIsServedIsToldToWait(t *testing.T) {
	s := newSuite(t, nil)
	key := header("Idempotency-Key", "k1")
	admin := s.admin()
	first := make(chan answer, 1)
	go func() { first <- s.do("POST", createPath, referee("slow"), admin, key) }()
	<-s.referrals.waiting
	got := s.do("POST", createPath, referee("slow"), admin, key)
	if got.status != http.StatusConflict || got.reason() != "IDEMPOTENCY_IN_PROGRESS" || got.header.Get("Retry-After") != "1" {
		t.Errorf("got %d %s", got.status, got.raw)
	}
	close(s.referrals.release)
	if done := <-first; done.status != http.StatusOK {
		t.Fatalf("first got %d %s", done.status, done.raw)
	}
	if again := s.do("POST", createPath, referee("slow"), admin, key); again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("got %d %s", again.status, again.raw)
	}
}

func TestKeyThatIsNotSaneIsRefused(t *testing.T) {
	s := newSuite(t, nil)
	for name, keys := range map[string][]string{
		"empty": {""}, "blank inside": {"a b"}, "too long": {strings.Repeat("k", 256)}, "twice": {"a", "b"},
	} {
		options := []option{s.admin()}
		for _, key := range keys {
			options = append(options, header("Idempotency-Key", key))
		}
		if got := s.do("POST", createPath, referee("ann"), options...); got.status != http.StatusBadRequest || got.reason() != "IDEMPOTENCY_KEY_INVALID" {
			t.Errorf("%s: got %d %s", name, got.status, got.raw)
		}
	}
}

func TestReadsIgnoreTheKey(t *testing.T) {
	s := newSuite(t, nil)
	for range 2 {
		got := s.do("GET", "/v1/programs/p1", "", s.admin(), header("Idempotency-Key", "k1"))
		if got.status != http.StatusOK || got.header.Get("Idempotency-Replayed") != "" {
			t.Fatalf("got %d %s", got.status, got.raw)
		}
	}
}

func TestLossOfRedisStopsNothing(t *testing.T) {
	redis := miniredis.RunT(t)
	s := newSuite(t, map[string]string{"REDIS_URL": "redis://" + redis.Addr(), "IDEMPOTENCY_STORE_TIMEOUT": "500ms"})
	redis.Close()
	got := s.do("POST", createPath, referee("ann"), s.admin(), header("Idempotency-Key", "k1"))
	if got.status != http.StatusOK || got.header.Get("Idempotency-Replayed") != "" {
		t.Fatalf("got %d %s", got.status, got.raw)
	}
	ready := s.do("GET", "/readyz", "")
	var body struct {
		Status string            `json:"status"`
		Checks map[string]string `json:"checks"`
	}
	check(t, json.Unmarshal([]byte(ready.raw), &body))
	if ready.status != http.StatusOK || body.Status != "degraded" || body.Checks["redis"] == "ok" {
		t.Errorf("readiness hides the loss: %d %s", ready.status, ready.raw)
	}
}

func TestAnswersAreKeptForTheirTime(t *testing.T) {
	redis := miniredis.RunT(t)
	s := newSuite(t, map[string]string{"REDIS_URL": "redis://" + redis.Addr(), "IDEMPOTENCY_TTL": "1h"})
	key := header("Idempotency-Key", "k1")
	for _, want := range []int64{1, 1, 2} {
		s.do("POST", createPath, referee("ann"), s.admin(), key)
		if n := s.referrals.created.Load(); n != want {
			t.Fatalf("executed %d times, want %d", n, want)
		}
		redis.FastForward(31 * 60 * 1e9)
	}
}
