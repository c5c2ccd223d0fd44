package chain

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

const scope = "github.com/refersuite/refersuite/pkg/chain"

// metrics counts what the log does, labelled by its name. They are recorded once per batch.
type metrics struct {
	label     metric.MeasurementOption
	batch     metric.Int64Histogram
	appends   metric.Int64Counter
	replays   metric.Int64Counter
	refusals  metric.Int64Counter
	conflicts metric.Int64Counter
	unknown   metric.Int64Counter
	watch     metric.Registration
}

// newMetrics uses the global meter provider. An instrument that cannot be made is a no-op, as OpenTelemetry has it.
func newMetrics(name string, queue func() int64) *metrics {
	meter := otel.Meter(scope)
	m := &metrics{label: metric.WithAttributeSet(attribute.NewSet(attribute.String("chain", name)))}
	m.batch, _ = meter.Int64Histogram("refersuite.chain.batch.size", metric.WithDescription("Steps written by one insert."),
		metric.WithExplicitBucketBoundaries(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024))
	m.appends, _ = meter.Int64Counter("refersuite.chain.appends", metric.WithDescription("Entries written."))
	m.replays, _ = meter.Int64Counter("refersuite.chain.replays", metric.WithDescription("Commands answered with their first entry."))
	m.refusals, _ = meter.Int64Counter("refersuite.chain.refusals", metric.WithDescription("Lists refused by a step, before confirmation."))
	m.conflicts, _ = meter.Int64Counter("refersuite.chain.conflicts", metric.WithDescription("Inserts stopped by an entry of another writer."))
	m.unknown, _ = meter.Int64Counter("refersuite.chain.outcomes.unknown", metric.WithDescription("Inserts that answered neither yes nor no."))
	length, err := meter.Int64ObservableGauge("refersuite.chain.queue.length", metric.WithDescription("Lists waiting for the committer."))
	if err == nil {
		m.watch, _ = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
			o.ObserveInt64(length, queue(), m.label)
			return nil
		}, length)
	}
	return m
}

func (m *metrics) wrote(ctx context.Context, n int) {
	if n > 0 {
		m.batch.Record(ctx, int64(n), m.label)
		m.appends.Add(ctx, int64(n), m.label)
	}
}

func (m *metrics) count(ctx context.Context, c metric.Int64Counter, n int) {
	if n > 0 {
		c.Add(ctx, int64(n), m.label)
	}
}

func (m *metrics) close() {
	if m.watch != nil {
		if err := m.watch.Unregister(); err != nil {
			otel.Handle(err)
		}
	}
}
