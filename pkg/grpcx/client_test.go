package grpcx_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	metricsdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	tracesdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/grpcx"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
)

func TestDial_SendsTheServiceTokenUnlessTheCallBringsItsOwn(t *testing.T) {
	w := newWorld(t)
	conn := w.dial(t, grpcx.ClientConfig{Target: "passthrough:///x"}, grpcx.ClientDeps{Tokens: authn.NewServiceTokens(w.issuer, "referral")})
	var seen access.Caller
	w.tiers.getMember = callerRecorder(&seen)
	client := tierv1.NewTierServiceClient(conn)
	if _, err := client.GetMember(t.Context(), getMember("asha")); err != nil || seen.Subject != "referral" {
		t.Fatalf("caller = %+v, err = %v", seen, err)
	}
	if _, err := client.GetMember(w.as(t, "asha", access.RoleUser), getMember("asha")); err != nil || seen.Subject != "asha" {
		t.Fatalf("caller = %+v, err = %v", seen, err)
	}
}

type brokenTokens struct{}

func (brokenTokens) Token(context.Context) (string, error) { return "", errors.New("no key") }

func TestDial_ACallWithoutItsTokenIsNotMade(t *testing.T) {
	w := newWorld(t)
	conn := w.dial(t, grpcx.ClientConfig{Target: "passthrough:///x"}, grpcx.ClientDeps{Tokens: brokenTokens{}})
	if _, err := tierv1.NewTierServiceClient(conn).GetMember(t.Context(), getMember("a")); err == nil || !strings.Contains(err.Error(), "no key") {
		t.Fatalf("err = %v", err)
	}
	if _, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true}, "/x/y"); err == nil {
		t.Fatal("the stream was opened")
	}
}

func TestDial_RepeatsOnlyWhatIsIdempotent(t *testing.T) {
	w := newWorld(t)
	var calls atomic.Int64
	unavailable := errs.New(errs.Unavailable, "STORE_DOWN", "try again")
	w.tiers.getMember = func(context.Context, *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) {
		if calls.Add(1) < 3 {
			return nil, unavailable
		}
		return &tierv1.GetMemberResponse{}, nil
	}
	if err := w.call(t); err != nil || calls.Load() != 3 {
		t.Errorf("a read: err = %v after %d calls, want success at the third", err, calls.Load())
	}
	calls.Store(0)
	w.tiers.record = func(context.Context, *tierv1.RecordCompletionRequest) (*tierv1.RecordCompletionResponse, error) {
		if calls.Add(1) < 2 {
			return nil, unavailable
		}
		return &tierv1.RecordCompletionResponse{}, nil
	}
	if _, err := tierv1.NewTierServiceClient(w.conn).RecordCompletion(w.asSystem(t), completion(1)); err != nil || calls.Load() != 2 {
		t.Errorf("a command: err = %v after %d calls, want success at the second", err, calls.Load())
	}
	calls.Store(0)
	w.tiers.put = func() error { calls.Add(1); return unavailable }
	_, err := tierv1.NewTierServiceClient(w.conn).PutLadder(w.asSystem(t), ladder())
	wantError(t, err, errs.Unavailable, "STORE_DOWN")
	if calls.Load() != 1 {
		t.Errorf("what is not known to be idempotent was called %d times", calls.Load())
	}
}

func TestDial_AServerThatIsAwayIsUnavailable(t *testing.T) {
	w := newWorld(t)
	w.stop()
	if err := <-w.done; err != nil {
		t.Fatal(err)
	}
	_, err := tierv1.NewTierServiceClient(w.conn).GetMember(w.asSystem(t), getMember("a"))
	wantError(t, err, errs.Unavailable, "UNAVAILABLE")
}

func TestDial_RefusesAnEmptyTarget(t *testing.T) {
	if _, err := grpcx.Dial(grpcx.ClientConfig{}, grpcx.ClientDeps{}); err == nil {
		t.Fatal("accepted")
	}
	if _, err := grpcx.Dial(grpcx.ClientConfig{Target: "x", TLSCAFile: "/nonexistent"}, grpcx.ClientDeps{}); err == nil {
		t.Fatal("a missing CA was accepted")
	}
}

func TestTelemetry_OneTraceAndRedMetricsOnBothSides(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	tracers := tracesdk.NewTracerProvider(tracesdk.WithSpanProcessor(recorder))
	reader := metricsdk.NewManualReader()
	meters := metricsdk.NewMeterProvider(metricsdk.WithReader(reader))
	w := newWorld(t, func(s *setup) {
		s.deps.TracerProvider, s.deps.MeterProvider = tracers, meters
		s.dial.TracerProvider, s.dial.MeterProvider = tracers, meters
	})
	if err := w.call(t); err != nil {
		t.Fatal(err)
	}
	w.stop() // the server's span ends after the answer was sent
	if err := <-w.done; err != nil {
		t.Fatal(err)
	}
	spans := recorder.Ended()
	if len(spans) != 2 {
		t.Fatalf("%d spans, want one on each side", len(spans))
	}
	if spans[0].SpanContext().TraceID() != spans[1].SpanContext().TraceID() {
		t.Error("two traces, want one")
	}
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			names = append(names, m.Name)
		}
	}
	for _, want := range []string{"rpc.server.", "rpc.client."} {
		if !strings.Contains(strings.Join(names, " "), want) {
			t.Errorf("no metric %s* among %v", want, names)
		}
	}
}

func TestMetadata_OfTheCallerIsNotPassedOnByAccident(t *testing.T) {
	w := newWorld(t)
	next := w.dial(t, grpcx.ClientConfig{Target: "passthrough:///next"}, grpcx.ClientDeps{})
	w.tiers.getMember = func(ctx context.Context, _ *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) {
		if _, sent := metadata.FromOutgoingContext(ctx); sent {
			t.Error("the handler's context has outgoing metadata")
		}
		_, err := tierv1.NewTierServiceClient(next).RecordCompletion(ctx, completion(1))
		return nil, err
	}
	err := w.call(t)
	wantError(t, err, errs.Unauthenticated, access.ReasonTokenMissing)
}
