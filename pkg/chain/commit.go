package chain

import (
	"context"
	"errors"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
)

// commitLoop is the committer: one batch after the other, until the queue is closed and empty.
func (l *Log[B]) commitLoop() {
	defer close(l.stopped)
	b := newBatch(l)
	var requests []*request[B]
	for {
		var open bool
		requests, open = l.queue.take(requests, l.opts.MaxBatch)
		switch {
		case len(requests) > 0:
			b.commit(requests)
			l.queue.gather(min(len(requests)+l.Queued(), gatherMost), gatherTime)
		case !open:
			return
		default:
			<-l.queue.wake
		}
	}
}

// gatherTime and gatherMost are how long the committer waits for the callers it just answered, and for how many. Few callers
// would otherwise fall into two halves, each of which waits for the other's insert. Many do better in turns: while the store
// inserts for some, the others are answered and call again.
const (
	gatherTime = 1500 * time.Microsecond
	gatherMost = 16
)

// commit settles all requests. Every round plans entries for what is not settled and sends them in one insert; an insert
// that stops half-way leads to another round for the rest.
func (b *batch[B]) commit(requests []*request[B]) {
	ctx, cancel := context.WithTimeout(b.log.ctx, b.log.opts.Timeout)
	defer cancel()
	b.begin(requests)
	for {
		b.plan(ctx)
		if len(b.entries) == 0 {
			break
		}
		inserted, err := b.insert(ctx)
		if err == nil {
			inserted = len(b.entries)
		}
		b.written(ctx, inserted, err)
		if err != nil && !b.resume(ctx, inserted, err) {
			break
		}
	}
	b.end(ctx)
}

// insert sends the planned entries.
func (b *batch[B]) insert(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, b.log.opts.Reply)
	defer cancel()
	return b.log.store.Insert(ctx, b.entries)
}

// learn reads what another writer did, see overtaken.
func (b *batch[B]) learn(ctx context.Context, inserted int, commandTaken bool) error {
	ctx, cancel := context.WithTimeout(ctx, b.log.opts.Reply)
	defer cancel()
	return b.overtaken(ctx, inserted, commandTaken)
}

// written records what an insert is known to have stored.
func (b *batch[B]) written(ctx context.Context, inserted int, err error) {
	if err != nil && !stopped(err) {
		return
	}
	for i, e := range b.entries[:inserted] {
		o := b.owners[i]
		o.req.steps[o.step].entry = e
		b.base[e.Key] = e
		b.log.recent.put(e)
	}
	for _, a := range b.aliases {
		if a.entry < inserted {
			s := &a.req.steps[a.step]
			s.entry, s.replayed = b.entries[a.entry], true
			b.replays++
		}
	}
	b.log.metrics.wrote(ctx, inserted)
}

// stopped reports whether an insert stopped at a known entry.
func stopped(err error) bool {
	return errors.Is(err, ErrSeqTaken) || errors.Is(err, ErrCommandTaken) || errors.Is(err, ErrRejected)
}

// resume finds out what stood in the way of entries[inserted], so that another round can be planned. It gives up, with an
// unknown outcome for what is not settled, when the bound on attempts or time is reached.
func (b *batch[B]) resume(ctx context.Context, inserted int, cause error) bool {
	var err error
	switch {
	case errors.Is(cause, ErrRejected):
		b.owners[inserted].req.err = cause
		return true
	case stopped(cause):
		b.conflicts++
		err = b.learn(ctx, inserted, errors.Is(cause, ErrCommandTaken))
	default:
		b.unknowns++
		b.doubt()
		err = errNoProgress
	}
	for err != nil {
		b.attempts++
		if b.attempts >= b.log.opts.Attempts || ctx.Err() != nil {
			b.giveUp(errors.Join(cause, err))
			return false
		}
		pause := b.log.opts.Backoff << (b.attempts - 1)
		if waitErr := clock.Wait(ctx, b.log.opts.Clock, min(pause, time.Second)); waitErr != nil {
			b.giveUp(errors.Join(cause, waitErr))
			return false
		}
		err = b.readBack(ctx)
	}
	return true
}
