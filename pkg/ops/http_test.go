package ops_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/refersuite/refersuite/pkg/ops"
)

func get(t *testing.T, handler http.Handler, path string) (int, ops.Readiness) {
	t.Helper()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	var body ops.Readiness
	if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil {
		t.Fatalf("%s answered %q: %v", path, answer.Body, err)
	}
	return answer.Code, body
}

func TestReadinessNamesTheDependencyThatFails(t *testing.T) {
	down := errors.New("no reply from 10.0.0.1")
	var broken bool
	handler := ops.Handler(http.NotFoundHandler(),
		ops.Check{Name: "redis", Probe: func(context.Context) error { return nil }},
		ops.Check{Name: "mongodb", Probe: func(context.Context) error {
			if broken {
				return down
			}
			return nil
		}},
	)
	if status, body := get(t, handler, "/readyz"); status != http.StatusOK || body.Checks["mongodb"] != "ok" {
		t.Fatalf("got %d %+v", status, body)
	}
	broken = true
	status, body := get(t, handler, "/readyz")
	if status != http.StatusServiceUnavailable || body.Checks["mongodb"] != down.Error() || body.Checks["redis"] != "ok" {
		t.Fatalf("got %d %+v", status, body)
	}
	if status, _ := get(t, handler, "/healthz"); status != http.StatusOK {
		t.Fatalf("a dependency that is down must not end the process: got %d", status)
	}
}

func TestChecksRunUnderADeadline(t *testing.T) {
	answer := ops.Ready(t.Context(), []ops.Check{{Name: "slow", Probe: func(ctx context.Context) error {
		if _, ok := ctx.Deadline(); !ok {
			return errors.New("no deadline")
		}
		return nil
	}}})
	if answer.Checks["slow"] != "ok" {
		t.Fatalf("got %+v", answer)
	}
}

func TestMetricsAreServed(t *testing.T) {
	answer := httptest.NewRecorder()
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	ops.Handler(metrics).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusTeapot {
		t.Fatalf("got %d", answer.Code)
	}
}

func TestLossOfACacheLeavesTheProcessReady(t *testing.T) {
	handler := ops.Handler(http.NotFoundHandler(),
		ops.Check{Name: "mongodb", Probe: func(context.Context) error { return nil }},
		ops.Check{Name: "redis", Optional: true, Probe: func(context.Context) error { return errors.New("gone") }},
	)
	if status, body := get(t, handler, "/readyz"); status != http.StatusOK || body.Status != "degraded" || body.Checks["redis"] != "gone" {
		t.Fatalf("got %d %+v", status, body)
	}
}
