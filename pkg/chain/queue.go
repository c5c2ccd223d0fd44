package chain

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
)

// queue holds the requests that wait for the committer, in order. Its slots bound it.
type queue[B any] struct {
	slots chan struct{}
	wake  chan struct{} // one token when something waits or the queue closed

	mu      sync.Mutex
	waiting []*request[B]
	closed  bool
}

func newQueue[B any](size int) *queue[B] {
	return &queue[B]{slots: make(chan struct{}, size), wake: make(chan struct{}, 1)}
}

func (q *queue[B]) length() int64 { return int64(len(q.slots)) }

// push blocks while the queue is full. Nothing was sent when it fails.
func (q *queue[B]) push(ctx context.Context, req *request[B]) error {
	select {
	case q.slots <- struct{}{}:
	default:
		select {
		case q.slots <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("append to %s: the queue is full and the request ended before there was room, nothing was written: %w",
				req.steps[0].Key, ctx.Err())
		}
	}
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		<-q.slots
		return errClosed()
	}
	q.waiting = append(q.waiting, req)
	q.mu.Unlock()
	q.signal()
	return nil
}

func (q *queue[B]) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take moves waiting requests with at most max steps into the batch, which is emptied first, without those whose callers
// went away. open is false when the queue is closed and empty.
func (q *queue[B]) take(batch []*request[B], max int) (_ []*request[B], open bool) {
	clear(batch)
	batch = batch[:0]
	q.mu.Lock()
	steps, taken := 0, 0
	for _, req := range q.waiting {
		if steps+len(req.steps) > max {
			break
		}
		taken++
		if req.state.CompareAndSwap(queued, taking) {
			steps += len(req.steps)
			batch = append(batch, req)
		}
	}
	rest := copy(q.waiting, q.waiting[taken:])
	clear(q.waiting[rest:])
	q.waiting = q.waiting[:rest]
	open = !q.closed || rest > 0 || len(batch) > 0
	q.mu.Unlock()
	for range taken {
		<-q.slots
	}
	return batch, open
}

// gather waits until n requests wait, for a time at most. A lone caller is not waited for. The time is that of the machine,
// since it is about how quickly callers come back, not about what is written.
func (q *queue[B]) gather(n int, d time.Duration) {
	if n < 2 {
		return
	}
	timer := clock.System().NewTimer(d)
	defer timer.Stop()
	for {
		q.mu.Lock()
		enough := len(q.waiting) >= n || q.closed
		q.mu.Unlock()
		if enough {
			return
		}
		select {
		case <-q.wake:
		case <-timer.C():
			return
		}
	}
}

func (q *queue[B]) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

// submit hands the request to the committer and waits for it.
func (l *Log[B]) submit(ctx context.Context, req *request[B]) error {
	if err := l.queue.push(ctx, req); err != nil {
		return err
	}
	select {
	case <-req.done:
		return nil
	case <-ctx.Done():
	}
	if req.state.CompareAndSwap(queued, abandoned) {
		return fmt.Errorf("append to %s: the request ended in the queue, nothing was written: %w", req.steps[0].Key, ctx.Err())
	}
	return errs.OutcomeUnknown(ctx.Err())
}

// Queued returns how many lists wait for the committer.
func (l *Log[B]) Queued() int { return int(l.queue.length()) }
