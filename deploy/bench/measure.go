package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// operation does one thing; n counts the operations of a side from 0, over all runs.
type operation func(ctx context.Context, n int64) error

// side is one of two things that are compared.
type side struct {
	op   operation
	done atomic.Int64
}

// sample is one run of a side.
type sample struct {
	rate      float64 // operations per second
	latencies []time.Duration
	cpu       time.Duration // of this process
	busy      processor     // of the machine
}

// loop runs the side with a number of callers, each of which begins its next operation when the last one is done.
func (s *side) loop(ctx context.Context, callers int, d time.Duration) (sample, error) {
	latencies := make([][]time.Duration, callers)
	failed := make([]error, callers)
	before, cpu := readProcessor(), ownCPU()
	start := time.Now()
	end := start.Add(d)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for now := time.Now(); now.Before(end) && failed[c] == nil; {
				failed[c] = s.op(ctx, s.done.Add(1)-1)
				after := time.Now()
				latencies[c] = append(latencies[c], after.Sub(now))
				now = after
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(start)
	all := slices.Concat(latencies...)
	run := sample{
		rate: float64(len(all)) / elapsed.Seconds(), latencies: all, cpu: ownCPU() - cpu, busy: readProcessor().since(before),
	}
	for _, err := range failed {
		if err != nil {
			return run, err
		}
	}
	return run, nil
}

// compare runs the two sides in turn, after a short run of each that does not count, and adds the result.
func (e *env) compare(ctx context.Context, name string, callers int, ours, raw *side) error {
	for _, s := range []*side{ours, raw} {
		if _, err := s.loop(ctx, callers, e.duration/4); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	pairs := make([][2]sample, e.pairs)
	for i := range pairs {
		for j, s := range []*side{ours, raw} {
			var err error
			if pairs[i][j], err = s.loop(ctx, callers, e.duration); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	e.add(summarize(name, callers, pairs))
	return nil
}
