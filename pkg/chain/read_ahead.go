package chain

import (
	"context"
	"runtime"
	"sync"
)

// scan is one page of a walk, or why there is none.
type scan[B any] struct {
	after Place
	page  []Scanned[B]
	err   error
}

// readAhead reads the page after a place while the walk works on the one before. The page is sent exactly once; whoever walks
// waits for it.
func (l *Log[B]) readAhead(ctx context.Context, scope Scope, after Place) chan scan[B] {
	pages := make(chan scan[B], 1)
	go func() {
		page, err := l.store.Scan(ctx, scope, after, MaxLimit)
		pages <- scan[B]{after, page, err}
	}()
	return pages
}

// share is how many entries at least are worth a goroutine.
const share = 64

// wholeEntries reports of each entry of a page whether it matches its own hash, on all processors.
func wholeEntries[B any](page []Scanned[B]) []bool {
	whole := make([]bool, len(page))
	workers := max(1, min(runtime.GOMAXPROCS(0), len(page)/share))
	var wait sync.WaitGroup
	for w := range workers {
		from, to := w*len(page)/workers, (w+1)*len(page)/workers
		wait.Go(func() {
			for i := from; i < to; i++ {
				if e := page[i].Entry; e != nil {
					sum, err := e.Sum()
					whole[i] = err == nil && sum == e.Hash
				}
			}
		})
	}
	wait.Wait()
	return whole
}
