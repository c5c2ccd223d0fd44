package app

import (
	"context"
	"fmt"
	"hash/fnv"
	"sync"
)

// locks lets one caller of this process at a time do what several need, by key. Other processes are not kept out: the lock
// spares work, it guards nothing. Keys may share a lock. The zero value is free.
type locks struct {
	begin sync.Once
	slots [64]chan struct{}
}

// lock waits for its turn. The caller calls unlock.
func (l *locks) lock(ctx context.Context, key string) (unlock func(), err error) {
	l.begin.Do(func() {
		for i := range l.slots {
			l.slots[i] = make(chan struct{}, 1)
		}
	})
	h := fnv.New32a()
	h.Write([]byte(key))
	slot := l.slots[h.Sum32()%uint32(len(l.slots))]
	select {
	case slot <- struct{}{}:
		return func() { <-slot }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for others who refill %s: %w", key, ctx.Err())
	}
}
