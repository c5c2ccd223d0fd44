package mongox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
)

// ErrClosed is returned by a group-committing writer after its Close: nothing was written.
var ErrClosed = errors.New("the writer is closed: the process is stopping, send the same request to another")

// BatchOptions tune a group-committing writer. Zero values are good.
type BatchOptions struct {
	// Name labels the metrics; the collection's name by default.
	Name string
	// MaxBatch bounds the documents of one round trip; 128 by default.
	MaxBatch int
	// InFlight is how many round trips may be under way at the same time; 1 by default, since fewer and larger
	// batches cost the store less.
	InFlight int
	// Queue bounds the documents that wait; 1,024 by default. When it is full, callers wait.
	Queue int
	// Timeout bounds one batch with all its retries; 10 seconds by default. Callers wait as long as their own contexts say.
	Timeout time.Duration
	// MeterProvider gets batch sizes and the length of the queue; nil gets nothing.
	MeterProvider metric.MeterProvider
}

func (o BatchOptions) withDefaults(collection string) BatchOptions {
	if o.Name == "" {
		o.Name = collection
	}
	if o.MaxBatch <= 0 {
		o.MaxBatch = 128
	}
	if o.InFlight <= 0 {
		o.InFlight = 1
	}
	if o.Queue <= 0 {
		o.Queue = 1024
	}
	o.Timeout = orDefault(o.Timeout, DefaultOperationTimeout)
	if o.MeterProvider == nil {
		o.MeterProvider = metricnoop.NewMeterProvider()
	}
	return o
}

// job is one document of one caller.
type job[J any] struct {
	ctx  context.Context // the caller's, for its trace and its end
	item J
	done chan error
}

// finish tells the caller the result, once.
func (j *job[J]) finish(err error) {
	select {
	case j.done <- err:
	default:
	}
}

// committer gathers the documents of many callers into batches without a timer: while the allowed round trips are under
// way, the next batch gathers by itself. It owns its goroutines; stop waits for them.
type committer[J any] struct {
	opts   BatchOptions
	commit func(ctx context.Context, batch []*job[J]) // finishes every job of the batch
	queue  chan *job[J]
	sizes  metric.Int64Histogram
	labels metric.MeasurementOption
	unhook func()

	mu      sync.RWMutex // held for reading while a caller enqueues
	closed  bool
	once    sync.Once
	closing chan struct{}
	workers sync.WaitGroup
}

func newCommitter[J any](opts BatchOptions, kind string, commit func(context.Context, []*job[J])) (*committer[J], error) {
	c := &committer[J]{
		opts: opts, commit: commit, queue: make(chan *job[J], opts.Queue), closing: make(chan struct{}),
		labels: metric.WithAttributeSet(attribute.NewSet(attribute.String("writer", opts.Name), attribute.String("kind", kind))),
	}
	if err := c.declare(); err != nil {
		return nil, fmt.Errorf("declare the metrics of writer %s: %w", opts.Name, err)
	}
	for range opts.InFlight {
		c.workers.Go(c.work)
	}
	return c, nil
}

func (c *committer[J]) declare() error {
	meter := c.opts.MeterProvider.Meter(scope)
	var err error
	if c.sizes, err = meter.Int64Histogram("refersuite.group_commit.batch_size",
		metric.WithDescription("Documents that one round trip of a group-committing writer carried."),
		metric.WithExplicitBucketBoundaries(1, 2, 4, 8, 16, 32, 64, 128, 256)); err != nil {
		return err
	}
	waiting, err := meter.Int64ObservableGauge("refersuite.group_commit.queue_length",
		metric.WithDescription("Documents that wait for a round trip of a group-committing writer."))
	if err != nil {
		return err
	}
	registration, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(waiting, int64(len(c.queue)), c.labels)
		return nil
	}, waiting)
	if err != nil {
		return err
	}
	c.unhook = func() { _ = registration.Unregister() } // it only fails when called twice
	return nil
}

// do hands a document over and waits for its result. When ctx ends first, the document may still be written.
func (c *committer[J]) do(ctx context.Context, item J) error {
	j := &job[J]{ctx: ctx, item: item, done: make(chan error, 1)}
	if err := c.enqueue(ctx, j); err != nil {
		return err
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("wait for the write: %w", ctx.Err())
	}
}

func (c *committer[J]) enqueue(ctx context.Context, j *job[J]) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return ErrClosed
	}
	select {
	case c.queue <- j:
		return nil
	default:
	}
	select {
	case c.queue <- j:
		return nil
	case <-c.closing:
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("wait for room in the queue of %d writes: %w", c.opts.Queue, ctx.Err())
	}
}

// work commits one batch after the other until the queue is closed and empty.
func (c *committer[J]) work() {
	for first := range c.queue {
		batch := c.gather(first)
		if len(batch) == 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(traced(batch), c.opts.Timeout)
		c.sizes.Record(ctx, int64(len(batch)), c.labels)
		c.commit(ctx, batch)
		cancel()
	}
}

// gather adds what waits to the first document. Callers that have gone away meanwhile are left out.
func (c *committer[J]) gather(first *job[J]) []*job[J] {
	batch := make([]*job[J], 0, min(c.opts.MaxBatch, len(c.queue)+1))
	add := func(j *job[J]) {
		if j.ctx.Err() == nil {
			batch = append(batch, j)
		}
	}
	add(first)
	for len(batch) < c.opts.MaxBatch {
		select {
		case j, ok := <-c.queue:
			if !ok {
				return batch
			}
			add(j)
		default:
			return batch
		}
	}
	return batch
}

// traced returns a context that carries the trace of the first sampled caller: the batch is a span of that one.
func traced[J any](batch []*job[J]) context.Context {
	for _, j := range batch {
		if span := trace.SpanContextFromContext(j.ctx); span.IsSampled() {
			return trace.ContextWithSpanContext(context.Background(), span)
		}
	}
	return context.Background()
}

// stop refuses new documents, and waits until those that were handed over are written, or ctx ends.
func (c *committer[J]) stop(ctx context.Context) error {
	c.refuse()
	done := make(chan struct{})
	go func() {
		c.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close the writer of %s while %d documents wait: %w", c.opts.Name, len(c.queue), ctx.Err())
	}
}

// refuse closes the queue, once nobody is enqueuing.
func (c *committer[J]) refuse() {
	c.once.Do(func() {
		close(c.closing)
		c.mu.Lock()
		c.closed = true
		close(c.queue)
		c.mu.Unlock()
		c.unhook()
	})
}
