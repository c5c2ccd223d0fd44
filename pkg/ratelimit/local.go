package ratelimit

import (
	"context"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/clock"
)

const defaultKeys = 100_000

// Local limits within one process. It remembers a bounded number of callers.
type Local struct {
	clock   clock.Clock
	maxKeys int

	mu sync.Mutex
	// full holds, by key, when the allowance is full again: the theoretical arrival time of the generic cell rate algorithm.
	full map[string]time.Time
}

var _ Limiter = (*Local)(nil)

// NewLocal returns a limiter that remembers up to maxKeys callers; zero means 100,000.
func NewLocal(clk clock.Clock, maxKeys int) *Local {
	if maxKeys <= 0 {
		maxKeys = defaultKeys
	}
	return &Local{clock: clk, maxKeys: maxKeys, full: map[string]time.Time{}}
}

// Allow implements Limiter.
func (l *Local) Allow(_ context.Context, key string, limit access.RateLimit) (Decision, error) {
	if limit.Requests <= 0 || limit.Period <= 0 {
		return Decision{Allowed: true}, nil
	}
	now := l.clock.Now()
	cost := limit.Period / time.Duration(limit.Requests)
	l.mu.Lock()
	defer l.mu.Unlock()
	full, known := l.full[key]
	if full.Before(now) {
		full = now
	}
	full = full.Add(cost)
	if wait := full.Sub(now) - cost*time.Duration(limit.Requests); wait > 0 {
		return Decision{RetryAfter: wait}, nil
	}
	if !known && len(l.full) >= l.maxKeys {
		l.makeRoom(now)
	}
	l.full[key] = full
	return Decision{Allowed: true}, nil
}

// makeRoom forgets who has a full allowance anyway and, when nobody has, some others.
func (l *Local) makeRoom(now time.Time) {
	for key, full := range l.full {
		if !full.After(now) {
			delete(l.full, key)
		}
	}
	for key := range l.full {
		if len(l.full) < l.maxKeys-l.maxKeys/10 || len(l.full) == 0 {
			return
		}
		delete(l.full, key)
	}
}

// Size returns the number of callers remembered.
func (l *Local) Size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.full)
}
