package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/refersuite/refersuite/deploy/local/internal/suite"
	"github.com/refersuite/refersuite/pkg/testkit"
)

const (
	givenTrace  = "4bf92f3577b34da6a3ce929d0e0e4736"
	givenParent = "00-" + givenTrace + "-00f067aa0ba902b7-01"
)

// TestE2E_OneTraceCoversAllServicesAndTheOutboxHop completes a referral by one REST call and follows the spans of all that
// it causes back to that call. Each service has a tracer provider of its own, so that nothing but what travels with the
// calls and inside the outbox can join them.
func TestE2E_OneTraceCoversAllServicesAndTheOutboxHop(t *testing.T) {
	recorders := map[string]*testkit.SpanRecorder{}
	for _, name := range append([]string{"gateway", "stores"}, suite.Names...) {
		recorders[name] = testkit.Spans(t)
	}
	w := start(t, suite.Options{
		Environ: quiet(), Tracers: func(service string) trace.TracerProvider { return recorders[service].Provider() },
	}).stopAtEnd(t)
	program := unique("traced")
	w.publish(t, program, smallTerms("0s"))
	w.must(t, http.MethodPost, "/v1/referrals", w.token(t, "bela", "USER"),
		object{"program_id": program, "referrer_id": "ann", "referee_id": "bela"})
	w.settled(t) // a late assessment would be an outbox hop of its own
	w.must(t, http.MethodPost, "/v1/events", w.token(t, "backend", "SYSTEM"),
		object{"event_id": "e", "program_id": program, "referee_id": "bela", "type": "EVENT_TYPE_PURCHASE"},
		"traceparent", givenParent)
	w.settled(t)

	spans := map[trace.SpanID]sdktrace.ReadOnlySpan{}
	owners := map[trace.SpanID]string{}
	for name, recorder := range recorders {
		for _, span := range recorder.Ended() {
			if span.SpanContext().TraceID().String() == givenTrace {
				spans[span.SpanContext().SpanID()], owners[span.SpanContext().SpanID()] = span, name
			}
		}
	}
	for _, hop := range []struct {
		service, method string
		times           int
	}{
		{"tier", "TierService/RecordCompletion", 1},
		{"wallet", "WalletService/IssueReward", 2},
		{"leaderboard", "LeaderboardService/RecordScore", 1},
	} {
		served := 0
		for id, span := range spans {
			if owners[id] != hop.service || span.SpanKind() != trace.SpanKindServer || !strings.HasSuffix(span.Name(), hop.method) {
				continue
			}
			served++
			expectPath(t, ancestry(spans, owners, span))
		}
		if served != hop.times {
			t.Errorf("the trace has %s %d times, want %d", hop.method, served, hop.times)
		}
	}
}

// ancestry returns the owners and names of a span and all above it, from the root down.
func ancestry(spans map[trace.SpanID]sdktrace.ReadOnlySpan, owners map[trace.SpanID]string, span sdktrace.ReadOnlySpan) []string {
	var path []string
	for span != nil {
		path = append([]string{owners[span.SpanContext().SpanID()] + ": " + span.Name()}, path...)
		span = spans[span.Parent().SpanID()]
	}
	return path
}

// expectPath looks for the stations of the way from the edge over the outbox, in this order.
func expectPath(t *testing.T, path []string) {
	t.Helper()
	text := strings.Join(path, " > ")
	rest := text
	for _, station := range []string{"gateway: ", "/v1/events", "referral: ", "ReferralService/RecordEvent", "referral: outbox"} {
		_, after, found := strings.Cut(rest, station)
		if !found {
			t.Errorf("%q is missing, or not in its place, in %s", station, text)
			return
		}
		rest = after
	}
	if !strings.HasPrefix(text, "gateway: ") {
		t.Errorf("the root is not the gateway's: %s", text)
	}
}
