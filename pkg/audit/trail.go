package audit

import (
	"context"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/idgen"
)

// ReasonAuditUnavailable says that the intent could not be kept, so nothing was done.
const ReasonAuditUnavailable = "AUDIT_UNAVAILABLE"

// Deps is what a Trail needs. Store and Clock are required.
type Deps struct {
	// Store keeps the trail.
	Store Store
	// Clock tells the time.
	Clock clock.Clock
	// IDs makes entry ids that sort by time; nil means version 7 UUIDs.
	IDs idgen.Source
	// Logger reports lost outcomes; nil discards.
	Logger *slog.Logger
	// MeterProvider counts lost outcomes; nil counts nothing.
	MeterProvider metric.MeterProvider
}

// Trail records calls in a Store.
type Trail struct {
	deps    Deps
	targets targets
	lost    metric.Int64Counter
}

// NewTrail returns a trail.
func NewTrail(deps Deps) (*Trail, error) {
	if deps.Store == nil || deps.Clock == nil {
		return nil, fmt.Errorf("audit: a store and a clock are required")
	}
	if deps.IDs == nil {
		deps.IDs = idgen.UUIDv7()
	}
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	if deps.MeterProvider == nil {
		deps.MeterProvider = metricnoop.NewMeterProvider()
	}
	lost, err := LostCounter(deps.MeterProvider)
	if err != nil {
		return nil, err
	}
	return &Trail{deps: deps, lost: lost}, nil
}

// LostCounter is the metric of outcomes that could not be written; adapters that write later count there too.
func LostCounter(provider metric.MeterProvider) (metric.Int64Counter, error) {
	return provider.Meter("github.com/refersuite/refersuite/pkg/audit").Int64Counter("refersuite.audit.outcomes.lost",
		metric.WithDescription("Outcomes of audited calls that could not be written to the audit trail."))
}

// Call is one call to record.
type Call struct {
	// Method is the full RPC name.
	Method string
	// Caller as authenticated.
	Caller access.Caller
	// RequestID as returned to the caller.
	RequestID string
	// Request is looked through for targets.
	Request proto.Message
}

// Record keeps the intent, runs the call, and keeps its outcome.
// Errors: those of run; UNAVAILABLE (AUDIT_UNAVAILABLE) when the intent cannot be kept, and then run is not called.
func (t *Trail) Record(ctx context.Context, call Call, run func() error) error {
	intent := Intent{
		ID:        t.deps.IDs.NewID(),
		Method:    call.Method,
		Subject:   call.Caller.Subject,
		Roles:     call.Caller.Roles,
		RequestID: call.RequestID,
		StartedAt: t.deps.Clock.Now(),
		Targets:   t.targets.Of(call.Request),
	}
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		intent.TraceID = span.TraceID().String()
	}
	if err := t.deps.Store.Begin(ctx, intent); err != nil {
		return errs.New(errs.Unavailable, ReasonAuditUnavailable,
			"the call cannot be recorded in the audit trail, so nothing was done: try again").WithCause(err)
	}
	outcome := Outcome{ID: intent.ID, Code: codeName(errs.Internal), Reason: "PANIC"}
	defer func() { t.end(ctx, call, outcome) }()
	err := run()
	outcome.Code, outcome.Reason = codeName(errs.CodeOf(err)), errs.Reason(err)
	return err
}

func (t *Trail) end(ctx context.Context, call Call, outcome Outcome) {
	outcome.FinishedAt = t.deps.Clock.Now()
	// The outcome is told even when the caller has gone.
	if err := t.deps.Store.End(context.WithoutCancel(ctx), outcome); err != nil {
		t.lost.Add(ctx, 1, metric.WithAttributes(attribute.String("rpc.method", call.Method)))
		t.deps.Logger.ErrorContext(ctx, "audit outcome lost", "entry", outcome.ID, "method", call.Method,
			"outcome", outcome.Code, "reason", outcome.Reason, "error", err)
	}
}
