package mongox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

const scope = "github.com/refersuite/refersuite/pkg/mongox"

// monitor observes every command of a client: a span under a sampled parent, one latency histogram by operation and
// collection, and a warning for slow ones. It never records values, filters or server messages, which may hold data
// of people. A command without a sampled parent costs a map entry and a histogram record.
type monitor struct {
	tracer   trace.Tracer
	logger   *slog.Logger
	slow     time.Duration
	duration metric.Float64Histogram

	inflight sync.Map // request id -> *running
	sets     sync.Map // setKey -> metric.MeasurementOption
}

type running struct {
	collection string
	span       trace.Span // nil when not sampled
}

type setKey struct{ database, collection, operation, failure string }

func newMonitor(cfg Config, deps Deps) (*monitor, error) {
	duration, err := deps.MeterProvider.Meter(scope).Float64Histogram("db.client.operation.duration",
		metric.WithUnit("s"),
		metric.WithDescription("Duration of document store commands, from sending to the reply."),
		metric.WithExplicitBucketBoundaries(.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10))
	if err != nil {
		return nil, fmt.Errorf("create the command histogram: %w", err)
	}
	return &monitor{
		tracer:   deps.TracerProvider.Tracer(scope),
		logger:   deps.Logger,
		slow:     cfg.SlowCommand,
		duration: duration,
	}, nil
}

func (m *monitor) commandMonitor() *event.CommandMonitor {
	return &event.CommandMonitor{
		Started: m.started,
		Succeeded: func(ctx context.Context, e *event.CommandSucceededEvent) {
			m.finished(ctx, &e.CommandFinishedEvent, nil)
		},
		Failed: func(ctx context.Context, e *event.CommandFailedEvent) {
			m.finished(ctx, &e.CommandFinishedEvent, e.Failure)
		},
	}
}

func (m *monitor) started(ctx context.Context, e *event.CommandStartedEvent) {
	r := &running{collection: collectionOf(e.CommandName, e.Command)}
	if trace.SpanContextFromContext(ctx).IsSampled() {
		_, r.span = m.tracer.Start(ctx, spanName(e.CommandName, r.collection),
			trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(
				attribute.String("db.system.name", "mongodb"),
				attribute.String("db.operation.name", e.CommandName),
				attribute.String("db.collection.name", r.collection),
				attribute.String("db.namespace", e.DatabaseName),
			))
	}
	m.inflight.Store(e.RequestID, r)
}

func (m *monitor) finished(ctx context.Context, e *event.CommandFinishedEvent, failure error) {
	v, ok := m.inflight.LoadAndDelete(e.RequestID)
	if !ok {
		return
	}
	r, ok := v.(*running)
	if !ok {
		return
	}
	kind := failureKind(failure)
	m.duration.Record(ctx, e.Duration.Seconds(), m.attributes(setKey{e.DatabaseName, r.collection, e.CommandName, kind}))
	if r.span != nil {
		if failure != nil {
			r.span.SetAttributes(attribute.String("error.type", kind))
			r.span.SetStatus(codes.Error, kind)
		}
		r.span.End()
	}
	if e.Duration > m.slow {
		m.logger.WarnContext(ctx, "slow document store command",
			slog.String("operation", e.CommandName),
			slog.String("collection", r.collection),
			slog.String("database", e.DatabaseName),
			slog.Int64("duration_ms", e.Duration.Milliseconds()),
			slog.Int64("threshold_ms", m.slow.Milliseconds()))
	}
}

// attributes returns the option of a label set, built once.
func (m *monitor) attributes(key setKey) metric.MeasurementOption {
	if v, ok := m.sets.Load(key); ok {
		if option, ok := v.(metric.MeasurementOption); ok {
			return option
		}
	}
	kvs := []attribute.KeyValue{
		attribute.String("db.system.name", "mongodb"),
		attribute.String("db.operation.name", key.operation),
		attribute.String("db.collection.name", key.collection),
		attribute.String("db.namespace", key.database),
	}
	if key.failure != "" {
		kvs = append(kvs, attribute.String("error.type", key.failure))
	}
	option := metric.WithAttributeSet(attribute.NewSet(kvs...))
	m.sets.Store(key, option)
	return option
}

// collectionOf reads the collection a command names: the value of its first element, or of "collection" for getMore.
func collectionOf(name string, command bson.Raw) string {
	if name == "getMore" {
		collection, _ := command.Lookup("collection").StringValueOK()
		return collection
	}
	first, err := command.IndexErr(0)
	if err != nil {
		return ""
	}
	collection, _ := first.Value().StringValueOK()
	return collection
}

func spanName(operation, collection string) string {
	if collection == "" {
		return operation
	}
	return operation + " " + collection
}

// failureKind names a failure without its text: the server's code, or the kind of the client's error.
func failureKind(err error) string {
	var command mongo.CommandError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &command) && command.Name != "":
		return command.Name
	case errors.As(err, &command):
		return strconv.Itoa(int(command.Code))
	case errors.Is(err, context.Canceled):
		return "canceled"
	case mongo.IsTimeout(err):
		return "timeout"
	case mongo.IsNetworkError(err):
		return "network"
	default:
		return "other"
	}
}
