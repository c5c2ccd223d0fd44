package chain

import (
	"context"
	"sync"
	"time"
)

// flights lets concurrent readers of one head share one read. A reader whose context ends stops waiting; the read goes on
// for the others, in a goroutine that wait waits for.
type flights[B any] struct {
	ctx     context.Context
	timeout time.Duration

	mu    sync.Mutex
	byKey map[string]*flight[B]
	tasks sync.WaitGroup
	done  bool
}

type flight[B any] struct {
	landed chan struct{}
	entry  *Entry[B]
	err    error
}

// do returns what read returns for the key.
func (f *flights[B]) do(ctx context.Context, key string, read func(context.Context) (*Entry[B], error)) (*Entry[B], error) {
	fl, err := f.join(ctx, key, read)
	if err != nil {
		return nil, err
	}
	select {
	case <-fl.landed:
		return fl.entry, fl.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f *flights[B]) join(ctx context.Context, key string, read func(context.Context) (*Entry[B], error)) (*flight[B], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl := f.byKey[key]; fl != nil {
		return fl, nil
	}
	if f.done {
		return nil, errClosed()
	}
	if f.byKey == nil {
		f.byKey = map[string]*flight[B]{}
	}
	fl := &flight[B]{landed: make(chan struct{})}
	f.byKey[key] = fl
	f.tasks.Go(func() {
		readCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.timeout)
		defer cancel()
		defer context.AfterFunc(f.ctx, cancel)()
		fl.entry, fl.err = read(readCtx)
		f.mu.Lock()
		delete(f.byKey, key)
		f.mu.Unlock()
		close(fl.landed)
	})
	return fl, nil
}

// wait refuses new reads and waits for those under way.
func (f *flights[B]) wait() {
	f.mu.Lock()
	f.done = true
	f.mu.Unlock()
	f.tasks.Wait()
}
