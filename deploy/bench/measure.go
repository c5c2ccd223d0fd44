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
	// meter reads what others have used; nil means what the stores have used.
	meter func() usage
}

// sample is one run of a side.
type sample struct {
	rate      float64 // operations per second
	latencies []time.Duration
	cpu       time.Duration // of this process
	others    usage
	busy      processor // of the machine
}

// loop runs the side with a number of callers, each of which begins its next operation when the last one is done.
func (s *side) loop(ctx context.Context, callers int, d time.Duration) (sample, error) {
	latencies := make([][]time.Duration, callers)
	failed := make([]error, callers)
	var others usage
	if s.meter != nil {
		others = s.meter()
	}
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
	if s.meter != nil {
		run.others = s.meter().since(others)
	}
	for _, err := range failed {
		if err != nil {
			return run, err
		}
	}
	return run, nil
}

// contest is two sides that are compared on a store that holds something already.
type contest struct {
	loaded    int64
	ours, raw *side
}

// compare runs the two sides in turn, after a short run of each that does not count, and adds the result.
func (e *env) compare(ctx context.Context, name string, callers int, ours, raw *side) error {
	_, err := e.compareAll(ctx, name, callers, contest{ours: ours, raw: raw})
	return err
}

// compareAll is compare for several contests, whose runs alternate too. It returns a result for each.
func (e *env) compareAll(ctx context.Context, name string, callers int, contests ...contest) ([]result, error) {
	for _, c := range contests {
		for _, s := range []*side{c.ours, c.raw} {
			if s.meter == nil {
				s.meter = e.storesUsage
			}
			if _, err := s.loop(ctx, callers, e.duration/4); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	pairs := make([][][2]sample, len(contests))
	for range e.pairs {
		for i, c := range contests {
			var pair [2]sample
			for j, s := range []*side{c.ours, c.raw} {
				var err error
				if pair[j], err = s.loop(ctx, callers, e.duration); err != nil {
					return nil, fmt.Errorf("%s: %w", name, err)
				}
			}
			pairs[i] = append(pairs[i], pair)
		}
	}
	results := make([]result, len(contests))
	for i, c := range contests {
		results[i] = summarize(name, callers, pairs[i])
		results[i].Loaded = c.loaded
		e.add(results[i])
	}
	return results, nil
}

// storesUsage reads what the stores have used.
func (e *env) storesUsage() usage { return usage{stores: usedByTrees(e.stores)} }
