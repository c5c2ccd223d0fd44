package outbox

import (
	"context"
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

const scope = "github.com/refersuite/refersuite/pkg/outbox"

// Metrics counts what becomes of messages and shows what waits. One value serves the Relay and the Loop of one outbox. A
// nil value counts nothing.
type Metrics struct {
	name    attribute.KeyValue
	settles metric.Int64Counter
	failed  metric.Int64Counter
	dropped metric.Int64Counter

	queued  atomic.Int64
	backlog atomic.Pointer[backlogSeen]
}

// backlogSeen is the backlog as it was last asked for.
type backlogSeen struct {
	backlog   Backlog
	oldestAge float64
}

// NewMetrics declares the instruments of the outbox with a name, such as referral.
func NewMetrics(provider metric.MeterProvider, name string) (*Metrics, error) {
	if provider == nil {
		provider = noop.NewMeterProvider()
	}
	m := &Metrics{name: attribute.String("outbox", name)}
	if err := m.declare(provider.Meter(scope)); err != nil {
		return nil, fmt.Errorf("declare the metrics of outbox %s: %w", name, err)
	}
	return m, nil
}

func (m *Metrics) declare(meter metric.Meter) error {
	var err error
	if m.settles, err = meter.Int64Counter("refersuite.outbox.deliveries",
		metric.WithDescription("Attempts to deliver a command, by kind and outcome: delivered, refused, retried or parked.")); err != nil {
		return err
	}
	if m.failed, err = meter.Int64Counter("refersuite.outbox.failed_runs",
		metric.WithDescription("Runs over one aggregate that could not load or save it; their lease runs out.")); err != nil {
		return err
	}
	if m.dropped, err = meter.Int64Counter("refersuite.outbox.dropped_leases",
		metric.WithDescription("Leases that were not worked on, since the queue was full or they had run out.")); err != nil {
		return err
	}
	queue, err := meter.Int64ObservableGauge("refersuite.outbox.queue_length",
		metric.WithDescription("Leased aggregates that wait for a worker of this process."))
	if err != nil {
		return err
	}
	backlog, err := meter.Int64ObservableGauge("refersuite.outbox.backlog",
		metric.WithDescription("Commands that wait, by state: pending, scheduled (aggregates, up to 10,000) or parked."))
	if err != nil {
		return err
	}
	oldest, err := meter.Float64ObservableGauge("refersuite.outbox.oldest_pending_age", metric.WithUnit("s"),
		metric.WithDescription("How long the longest waiting pending command waits."))
	if err != nil {
		return err
	}
	_, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		labels := metric.WithAttributes(m.name)
		o.ObserveInt64(queue, m.queued.Load(), labels)
		if seen := m.backlog.Load(); seen != nil {
			o.ObserveInt64(backlog, int64(seen.backlog.Pending), metric.WithAttributes(m.name, attribute.String("state", "pending")))
			o.ObserveInt64(backlog, int64(seen.backlog.Scheduled), metric.WithAttributes(m.name, attribute.String("state", "scheduled")))
			o.ObserveInt64(backlog, int64(seen.backlog.Parked), metric.WithAttributes(m.name, attribute.String("state", "parked")))
			o.ObserveFloat64(oldest, seen.oldestAge, labels)
		}
		return nil
	}, queue, backlog, oldest)
	return err
}

func (m *Metrics) settled(ctx context.Context, kind string, state State) {
	if m == nil {
		return
	}
	outcome := "retried"
	switch state {
	case StateDone:
		outcome = "delivered"
	case StateRefused:
		outcome = "refused"
	case StateParked:
		outcome = "parked"
	default:
	}
	m.settles.Add(ctx, 1, metric.WithAttributes(m.name, attribute.String("kind", kind), attribute.String("outcome", outcome)))
}

func (m *Metrics) runFailed(ctx context.Context) {
	if m != nil {
		m.failed.Add(ctx, 1, metric.WithAttributes(m.name))
	}
}

func (m *Metrics) leaseDropped(ctx context.Context) {
	if m != nil {
		m.dropped.Add(ctx, 1, metric.WithAttributes(m.name))
	}
}

func (m *Metrics) queueChanged(by int64) {
	if m != nil {
		m.queued.Add(by)
	}
}

func (m *Metrics) backlogSeen(seen backlogSeen) {
	if m != nil {
		m.backlog.Store(&seen)
	}
}
