package mongoaudit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"

	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/mongox"
)

const (
	outcomeQueue    = 8192
	outcomeBatch    = 256
	outcomeAttempts = 4
	outcomePause    = 250 * time.Millisecond
	outcomeTimeout  = 5 * time.Second
)

// errQueueFull says that the database does not keep up, or does not answer.
var errQueueFull = errors.New("the queue of outcomes is full")

// outcomes writes outcomes in the background, in batches that gather while the one before is under way. The inserter puts
// them into the round trips of the intents that arrive at the same time. It owns one goroutine, and while a batch is under
// way one for each of its outcomes; close waits for them.
type outcomes struct {
	inserter *mongox.Inserter[any]
	logger   *slog.Logger
	clock    clock.Clock
	lost     metric.Int64Counter
	queue    chan item
	done     chan struct{}

	mu     sync.RWMutex // held for reading while adding
	closed bool
}

// item is an outcome, or a mark that is passed when everything before it is settled.
type item struct {
	outcome audit.Outcome
	passed  chan struct{}
}

func newOutcomes(inserter *mongox.Inserter[any], deps Deps) (*outcomes, error) {
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	if deps.MeterProvider == nil {
		deps.MeterProvider = metricnoop.NewMeterProvider()
	}
	if deps.Clock == nil {
		deps.Clock = clock.System()
	}
	lost, err := audit.LostCounter(deps.MeterProvider)
	if err != nil {
		return nil, err
	}
	o := &outcomes{
		inserter: inserter, logger: deps.Logger, clock: deps.Clock, lost: lost,
		queue: make(chan item, outcomeQueue), done: make(chan struct{}),
	}
	_, err = deps.MeterProvider.Meter("github.com/refersuite/refersuite/pkg/audit").Int64ObservableGauge(
		"refersuite.audit.outcomes.waiting", metric.WithDescription("Outcomes of audited calls that wait to be written."),
		metric.WithInt64Callback(func(_ context.Context, observer metric.Int64Observer) error {
			observer.Observe(int64(len(o.queue)))
			return nil
		}))
	if err != nil {
		return nil, err
	}
	go o.work()
	return o, nil
}

// add hands an outcome over. It never waits: a call is not held up for what has already happened.
func (o *outcomes) add(outcome audit.Outcome) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if o.closed {
		return errors.New("the audit store is closed")
	}
	select {
	case o.queue <- item{outcome: outcome}:
		return nil
	default:
		return errQueueFull
	}
}

// flush returns when everything added before is written or lost.
func (o *outcomes) flush(ctx context.Context) error {
	passed := make(chan struct{})
	if err := o.mark(ctx, passed); err != nil {
		return err
	}
	select {
	case <-passed:
		return nil
	case <-o.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("flush audit outcomes: %w", ctx.Err())
	}
}

func (o *outcomes) mark(ctx context.Context, passed chan struct{}) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if o.closed {
		close(passed) // close has flushed, or is about to
		return nil
	}
	select {
	case o.queue <- item{passed: passed}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("flush audit outcomes: %w", ctx.Err())
	}
}

// close writes what waits and ends the goroutine.
func (o *outcomes) close(ctx context.Context) error {
	o.mu.Lock()
	if !o.closed {
		o.closed = true
		close(o.queue)
	}
	o.mu.Unlock()
	select {
	case <-o.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close the audit store: %w", ctx.Err())
	}
}

func (o *outcomes) work() {
	defer close(o.done)
	for first := range o.queue {
		batch := o.gather(first)
		o.write(batch)
		for _, it := range batch {
			if it.passed != nil {
				close(it.passed)
			}
		}
	}
}

// gather adds what waits to the first item.
func (o *outcomes) gather(first item) []item {
	batch := []item{first}
	for len(batch) < outcomeBatch {
		select {
		case it, ok := <-o.queue:
			if !ok {
				return batch
			}
			batch = append(batch, it)
		default:
			return batch
		}
	}
	return batch
}

// write inserts the outcomes of a batch, what failed again after a while, and gives up after some attempts. Writing an
// outcome twice does no harm.
func (o *outcomes) write(batch []item) {
	pending := make([]audit.Outcome, 0, len(batch))
	for _, it := range batch {
		if it.passed == nil {
			pending = append(pending, it.outcome)
		}
	}
	var err error
	for attempt := range outcomeAttempts {
		if attempt > 0 {
			if waitErr := clock.Wait(context.Background(), o.clock, time.Duration(attempt)*outcomePause); waitErr != nil {
				break
			}
		}
		if pending, err = o.attempt(pending); len(pending) == 0 {
			return
		}
	}
	o.lost.Add(context.Background(), int64(len(pending)))
	for _, lost := range pending {
		o.logger.Error("audit outcome lost", "entry", lost.ID, "outcome", lost.Code, "reason", lost.Reason, "error", err)
	}
}

// attempt hands outcomes to the inserter all at once, waits, and returns those that failed, with the last reason.
func (o *outcomes) attempt(pending []audit.Outcome) ([]audit.Outcome, error) {
	ctx, cancel := context.WithTimeout(context.Background(), outcomeTimeout)
	defer cancel()
	results := make([]error, len(pending))
	var writing sync.WaitGroup
	for i, out := range pending {
		writing.Go(func() { results[i] = insert(ctx, o.inserter, outcomeOf(out)) })
	}
	writing.Wait()
	var failed []audit.Outcome
	var reason error
	for i, err := range results {
		if err != nil {
			failed, reason = append(failed, pending[i]), err
		}
	}
	return failed, reason
}
