package outbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
)

// Relay delivers the messages of one collection of aggregates with a bounded number of workers. It gets its work in two
// ways: Submit hands over a box that the writer has leased to this process in the same write, and a poll leases what is
// due otherwise: scheduled, in backoff, or left by a process that died.
type Relay struct {
	source    Source
	deliverer Deliverer
	opts      RelayOptions
	queue     chan Lease

	mu      sync.Mutex
	stopped bool
}

// NewRelay returns a relay, which works while Run runs.
func NewRelay(source Source, deliverer Deliverer, opts RelayOptions) *Relay {
	opts = opts.withDefaults()
	return &Relay{source: source, deliverer: deliverer, opts: opts, queue: make(chan Lease, opts.Queue)}
}

// LeaseTTL is what a writer that leases a box for Submit passes to Box.Acquire.
func (r *Relay) LeaseTTL() time.Duration { return r.opts.LeaseTTL }

// Submit hands over a lease that the caller has saved, and reports whether the relay took it. It never blocks. When it
// reports false, because the queue is full or the relay has stopped, nothing is lost: the lease runs out and the box is
// found by a poll.
func (r *Relay) Submit(lease Lease) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return false
	}
	select {
	case r.queue <- lease:
		r.opts.Metrics.queueChanged(1)
		return true
	default:
		r.opts.Metrics.leaseDropped(context.Background())
		return false
	}
}

// Run delivers until ctx ends. It returns nil once the deliveries that were started are finished; leases that nobody
// started on run out. It is called once.
func (r *Relay) Run(ctx context.Context) error {
	var owned sync.WaitGroup
	for range r.opts.Workers {
		owned.Go(func() { r.work(ctx) })
	}
	owned.Go(func() { r.poll(ctx) })
	if r.opts.BacklogEvery > 0 && r.opts.Metrics != nil {
		owned.Go(func() { r.watchBacklog(ctx) })
	}
	<-ctx.Done()
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	owned.Wait()
	return nil
}

// work delivers one lease after the other.
func (r *Relay) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		default:
		}
		select {
		case <-ctx.Done():
			return
		case lease := <-r.queue:
			r.opts.Metrics.queueChanged(-1)
			r.deliver(ctx, lease)
		}
	}
}

// deliver runs one delivery under a deadline. The end of ctx does not cut it off.
func (r *Relay) deliver(ctx context.Context, lease Lease) {
	remaining := lease.DueAt.Sub(r.opts.Clock.Now())
	if remaining <= 0 {
		r.opts.Metrics.leaseDropped(ctx)
		return
	}
	deliverCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), remaining)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			r.opts.Metrics.runFailed(ctx)
			r.opts.Logger.ErrorContext(ctx, "a delivery panicked; it is repeated when its lease has run out",
				slog.String("aggregate_id", lease.AggregateID), slog.Any("panic", p))
		}
	}()
	if err := r.deliverer.Deliver(deliverCtx, lease); err != nil {
		r.opts.Metrics.runFailed(ctx)
		r.opts.Logger.WarnContext(ctx, "a delivery did not finish; it is repeated when its lease has run out",
			slog.String("aggregate_id", lease.AggregateID), slog.Any("error", err))
	}
}

// poll leases due boxes, at once again as long as there are more.
func (r *Relay) poll(ctx context.Context) {
	for ctx.Err() == nil {
		if r.take(ctx) {
			continue
		}
		if clock.Wait(ctx, r.opts.Clock, r.opts.Poll) != nil {
			return
		}
	}
}

// take leases what the workers can soon deliver, so that leases do not run out in the queue, and reports whether there may
// be more. A queue that writers keep full still leaves a few places to what became due by itself.
func (r *Relay) take(ctx context.Context) bool {
	waiting := len(r.queue)
	room := min(max(r.opts.Batch-waiting, r.opts.Workers), cap(r.queue)-waiting)
	if room <= 0 {
		return false
	}
	leases, err := r.source.Lease(ctx, r.opts.Clock.Now(), r.opts.LeaseTTL, r.opts.IDs.NewID(), room)
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			r.opts.Logger.WarnContext(ctx, "due commands could not be leased; trying again", slog.Any("error", err))
		}
		return false
	}
	for _, lease := range leases {
		select {
		case r.queue <- lease:
			r.opts.Metrics.queueChanged(1)
		case <-ctx.Done():
			return false
		}
	}
	return len(leases) == room && waiting < r.opts.Batch
}

// watchBacklog keeps the gauges true.
func (r *Relay) watchBacklog(ctx context.Context) {
	for {
		r.seeBacklog(ctx)
		if clock.Wait(ctx, r.opts.Clock, r.opts.BacklogEvery) != nil {
			return
		}
	}
}

func (r *Relay) seeBacklog(ctx context.Context) {
	countCtx, cancel := context.WithTimeout(ctx, r.opts.BacklogEvery)
	defer cancel()
	now := r.opts.Clock.Now()
	backlog, err := r.source.Backlog(countCtx, now)
	if err != nil {
		if ctx.Err() == nil {
			r.opts.Logger.WarnContext(ctx, "the backlog could not be counted; its metrics are old", slog.Any("error", err))
		}
		return
	}
	seen := backlogSeen{backlog: backlog}
	if !backlog.Oldest.IsZero() {
		seen.oldestAge = now.Sub(backlog.Oldest).Seconds()
	}
	r.opts.Metrics.backlogSeen(seen)
}
