package demo

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/testkit"
)

// hasty is a clock on which every wait is over at once, by moving the time.
type hasty struct{ *clock.Fake }

func (h hasty) NewTimer(d time.Duration) clock.Timer {
	timer := h.Fake.NewTimer(d)
	h.Advance(d)
	return timer
}

func newHasty() hasty { return hasty{clock.NewFake(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC))} }

// client returns a client of a handler.
func client(t *testing.T, handler http.HandlerFunc) *rest {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	api := newREST(Options{BaseURL: server.URL, Token: token, Clock: newHasty()}, "test")
	t.Cleanup(api.close)
	return api
}

const refused = `{"code":9,"message":"no","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SELF_REFERRAL"}]}`

func TestREST_SendsATemporaryRefusalAgainWithTheSameKey(t *testing.T) {
	var keys []string
	api := client(t, func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		if len(keys) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{"replayed":true}`)
	})
	answer, err := api.recordEvent(testkit.Context(t), fields{})
	if err != nil || !answer.Replayed {
		t.Fatalf("%+v, %v", answer, err)
	}
	if len(keys) != 3 || keys[0] == "" || keys[0] != keys[1] || keys[1] != keys[2] {
		t.Errorf("keys %q", keys)
	}
}

func TestREST_GivesUpOnARefusalThatStays(t *testing.T) {
	calls := 0
	api := client(t, func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	if _, err := api.reconcile(testkit.Context(t)); err == nil || calls != tries {
		t.Fatalf("%d calls, %v", calls, err)
	}
}

func TestREST_TellsTheReasonOfARefusal(t *testing.T) {
	api := client(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, refused)
	})
	_, err := api.createReferral(testkit.Context(t), admin, fields{})
	if reasonOf(err) != "SELF_REFERRAL" {
		t.Fatalf("err = %v", err)
	}
	var r *refusal
	if !errors.As(err, &r) || r.Status != http.StatusBadRequest || r.Message != "no" {
		t.Errorf("refusal %+v", r)
	}
}

func TestREST_RefusesWhatIsNotJSON(t *testing.T) {
	api := client(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") })
	if _, err := api.reconcile(testkit.Context(t)); err == nil || !strings.Contains(err.Error(), "promises") {
		t.Fatalf("err = %v", err)
	}
}

func TestSettle_GivesUpWhenCommandsStayPending(t *testing.T) {
	api := client(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"pending":"1","scheduled":"0","parked":"0"}`)
	})
	s := &story{api: api, clock: api.clock}
	if err := s.settle(testkit.Context(t)); err == nil || !strings.Contains(err.Error(), "5 commands are still pending") {
		t.Fatalf("err = %v", err)
	}
}

func TestPages_AreReadToTheLast(t *testing.T) {
	got, err := pages(func(token string) ([]string, string, error) {
		return []string{"after " + token}, map[string]string{"": "a", "a": "b"}[token], nil
	})
	if err != nil || strings.Join(got, ",") != "after ,after a,after b" {
		t.Fatalf("%q, %v", got, err)
	}
}
