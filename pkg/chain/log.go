package chain

import (
	"context"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
)

// Options tune a Log. The zero value is good.
type Options struct {
	// Clock dates entries and times the retries; nil means the system clock.
	Clock clock.Clock
	// Name labels the metrics, such as wallet.postings; empty means chain.
	Name string
	// MaxBatch bounds the steps in one insert, and so the length of a list; 0 means 1000.
	MaxBatch int
	// Queue bounds the lists that wait for the committer; further callers block. 0 means 8192.
	Queue int
	// HeadCache bounds the cached heads; 0 means 100,000.
	HeadCache int
	// CommandCache bounds the cached recent commands; 0 means 100,000.
	CommandCache int
	// Attempts bounds how often a batch whose outcome is unknown is read back and sent again; 0 means 5.
	Attempts int
	// Backoff is the first pause between attempts, doubled each time; 0 means 20 ms.
	Backoff time.Duration
	// Timeout bounds the work on one batch, and one read of a head; 0 means 15 s.
	Timeout time.Duration
	// Reply bounds the wait for one answer of the store within a batch, so that a lost answer does not use up its time; 0
	// means a fifth of Timeout.
	Reply time.Duration
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Name == "" {
		o.Name = "chain"
	}
	setDefault(&o.MaxBatch, 1000)
	setDefault(&o.Queue, 8192)
	setDefault(&o.HeadCache, 100_000)
	setDefault(&o.CommandCache, 100_000)
	setDefault(&o.Attempts, 5)
	setDefault(&o.Backoff, 20*time.Millisecond)
	setDefault(&o.Timeout, 15*time.Second)
	setDefault(&o.Reply, o.Timeout/5)
	return o
}

func setDefault[T int | time.Duration](v *T, standard T) {
	if *v <= 0 {
		*v = standard
	}
}

// Log appends to the chains of one store and reads them. It is safe for concurrent use, and any number of logs, in any
// number of processes, may work on one store.
type Log[B any] struct {
	store   Store[B]
	opts    Options
	heads   *headCache[B]
	recent  *commandCache[B]
	queue   *queue[B]
	reader  headReader[B]
	metrics *metrics

	ctx     context.Context // of the batches; ends when Close gives up waiting
	cancel  context.CancelFunc
	stopped chan struct{} // closed when the committer has ended
	closing sync.Once
}

// New returns a log over a store and starts its committer. Close it.
func New[B any](store Store[B], opts Options) *Log[B] {
	opts = opts.withDefaults()
	ctx, cancel := context.WithCancel(context.Background()) //nolint:gosec // Close calls cancel
	l := &Log[B]{
		store:   store,
		opts:    opts,
		heads:   newHeadCache[B](opts.HeadCache),
		recent:  newCommandCache[B](opts.CommandCache),
		queue:   newQueue[B](opts.Queue),
		ctx:     ctx,
		cancel:  cancel,
		stopped: make(chan struct{}),
	}
	l.reader.read, l.reader.byKey = l.readHeads, map[string]*headRead[B]{}
	l.metrics = newMetrics(opts.Name, l.queue.length)
	go l.commitLoop()
	return l
}

// Close refuses new appends, waits until those under way are done, and stops the committer. When ctx ends first, the
// batch in flight is cut off and the callers that wait get an unknown outcome; Close still waits for the committer.
func (l *Log[B]) Close(ctx context.Context) error {
	l.queue.close()
	var err error
	select {
	case <-l.stopped:
	case <-ctx.Done():
		err = ctx.Err()
		l.cancel()
		<-l.stopped
	}
	l.closing.Do(func() {
		l.cancel()
		l.reader.wait()
		l.metrics.close()
	})
	return err
}

// errClosed refuses appends after Close.
func errClosed() error {
	return errs.New(errs.Unavailable, "CHAIN_CLOSED", "this process is shutting down: send the same request again")
}
