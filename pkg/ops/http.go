package ops

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// Check is one dependency that /readyz asks about.
type Check struct {
	// Name of the dependency, such as mongodb.
	Name string
	// Probe returns nil when the dependency works. It must respect the deadline of its context.
	Probe func(ctx context.Context) error
	// Optional is true when the process still does its work, only less well, without the dependency. Its failure is
	// reported and leaves the process ready: else the loss of a cache would take everything down that shares it.
	Optional bool
}

const unavailable = "unavailable"

// probeTimeout bounds all checks of one request together: an orchestrator asks every few seconds.
const probeTimeout = 2 * time.Second

// Readiness is the answer of /readyz.
type Readiness struct {
	// Status is ok when every check passed, degraded when only optional ones failed, else unavailable.
	Status string `json:"status"`
	// Checks holds ok or what is wrong, by name of the dependency.
	Checks map[string]string `json:"checks"`
}

// Ready runs all checks at the same time, each under a deadline, and says what they found.
func Ready(ctx context.Context, checks []Check) Readiness {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	found := make([]string, len(checks))
	var group sync.WaitGroup
	for i, check := range checks {
		group.Go(func() {
			found[i] = "ok"
			if err := check.Probe(ctx); err != nil {
				found[i] = err.Error()
			}
		})
	}
	group.Wait()
	answer := Readiness{Status: "ok", Checks: make(map[string]string, len(checks))}
	for i, check := range checks {
		answer.Checks[check.Name] = found[i]
		switch {
		case found[i] == "ok":
		case !check.Optional:
			answer.Status = unavailable
		case answer.Status == "ok":
			answer.Status = "degraded"
		}
	}
	return answer
}

// Handler serves /metrics; /healthz, which says only that the process runs; and /readyz, which says whether it can work
// now and which dependency keeps it from it, with 503. The listener is for the operators, not for the public.
func Handler(metrics http.Handler, checks ...Check) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /healthz", ServeHealth)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ServeReadiness(w, r, checks)
	})
	return mux
}

// ServeHealth answers that the process runs.
func ServeHealth(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, Readiness{Status: "ok", Checks: map[string]string{}})
}

// ServeReadiness answers what Ready finds, with 503 when something is wrong.
func ServeReadiness(w http.ResponseWriter, r *http.Request, checks []Check) {
	answer := Ready(r.Context(), checks)
	status := http.StatusOK
	if answer.Status == unavailable {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, answer)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The client that hung up does not want to hear about it.
	_ = json.NewEncoder(w).Encode(body)
}
