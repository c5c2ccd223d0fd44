package referral_test

import (
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/testkit"
)

// TestOneTraceCoversTheOutboxHop follows the spans of what a purchase causes back to the call that told of it.
func TestOneTraceCoversTheOutboxHop(t *testing.T) {
	spans := testkit.Spans(t)
	telemetry := *otelx.Discard()
	telemetry.TracerProvider = spans.Provider()
	w := newWorld(t, &telemetry, nil, "")
	w.publish()
	if _, err := w.drive("asha", "ravi"); err != nil {
		t.Fatal(err)
	}
	w.settle()

	byID := map[trace.SpanID]sdktrace.ReadOnlySpan{}
	for _, span := range spans.Ended() {
		byID[span.SpanContext().SpanID()] = span
	}
	for _, called := range []string{"TierService/RecordCompletion", "WalletService/IssueReward", "LeaderboardService/RecordScore"} {
		served := 0
		for _, span := range byID {
			if span.SpanKind() != trace.SpanKindServer || !strings.HasSuffix(span.Name(), called) {
				continue
			}
			served++
			path := ancestry(byID, span)
			if !strings.Contains(path, "ReferralService/RecordEvent") || !strings.Contains(path, "outbox ") {
				t.Errorf("%s descends from %s", called, path)
			}
		}
		if served != 1 {
			t.Errorf("%s was served %d times", called, served)
		}
	}
}

func ancestry(byID map[trace.SpanID]sdktrace.ReadOnlySpan, span sdktrace.ReadOnlySpan) string {
	var names []string
	for span != nil {
		names = append(names, span.Name())
		span = byID[span.Parent().SpanID()]
	}
	return strings.Join(names, " < ")
}
