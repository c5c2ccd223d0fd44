package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

const (
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
	// tries bounds how often a batch is sent before the boards count as lost.
	tries = 3
	// catchUps bounds how often one person is brought up to date in a race with other processes.
	catchUps = 10
)

// project puts a batch on the boards. It fails when they cannot be written.
func (p *Projector) project(ctx context.Context, b *batch) error {
	for program, one := range b.programs {
		var changes []*domain.Tally
		for user, steps := range one.users {
			changes = append(changes, firstRun(user, steps))
		}
		for chunk := range slices.Chunk(changes, MaxPeople) {
			if err := p.apply(ctx, program, one.zone, chunk); err != nil {
				return err
			}
		}
		for user, steps := range one.users {
			if last := steps[len(steps)-1].seq; last > firstRun(user, steps).To {
				if err := p.catchUp(ctx, program, user, firstRun(user, steps).To); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// firstRun adds up a person's steps in the order of the chain, up to the first gap. What is behind the gap was recorded by
// another process, or has not been offered yet.
func firstRun(user string, steps []step) *domain.Tally {
	slices.SortFunc(steps, func(a, b step) int { return cmp.Compare(a.seq, b.seq) })
	t := domain.NewTally(user)
	for _, s := range steps {
		switch {
		case t.To == 0 || s.seq == t.To+1:
			t.Add(s.seq, s.score)
		case s.seq > t.To+1:
			return t
		}
	}
	return t
}

// apply writes changes of different people and brings up to date whoever had a gap.
func (p *Projector) apply(ctx context.Context, program, zone string, changes []*domain.Tally) error {
	gaps, missing, err := p.try(ctx, program, zone, changes)
	if err != nil {
		return err
	}
	if missing {
		p.rebuilder.Request(program)
		return nil
	}
	for _, gap := range gaps {
		if err := p.catchUp(ctx, program, gap.UserID, gap.Seq); err != nil {
			return err
		}
	}
	return nil
}

// try sends changes until the boards answer, a few times. Sending them twice is harmless.
func (p *Projector) try(ctx context.Context, program, zone string, changes []*domain.Tally) (gaps []Gap, missing bool, err error) {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		gaps, missing, err = p.boards.Apply(ctx, program, zone, changes)
		if err == nil || attempt == tries || clock.Wait(ctx, p.clock, pause) != nil {
			return gaps, missing, err
		}
		pause *= 2
	}
}

// catchUp reads from the chain what a person's boards lack after a sequence.
func (p *Projector) catchUp(ctx context.Context, program, user string, after int64) error {
	for range catchUps {
		entries, err := p.log.Range(ctx, domain.ScoreKey(program, user), chain.Page{After: after, Limit: chain.MaxLimit})
		if err != nil {
			p.opts.Logger.WarnContext(ctx, "scores could not be read for the boards", "program", program, "error", err)
			break
		}
		if len(entries) == 0 {
			return nil
		}
		change := tallyOf(user, entries)
		gaps, missing, err := p.try(ctx, program, "", []*domain.Tally{change})
		switch {
		case err != nil:
			return err
		case missing:
			p.rebuilder.Request(program)
			return nil
		case len(gaps) > 0:
			after = gaps[0].Seq
		case len(entries) < chain.MaxLimit:
			return nil
		default:
			after = change.To
		}
	}
	p.rebuilder.Request(program)
	return nil
}

// tallyOf adds up consecutive entries of a person's chain.
func tallyOf(user string, entries []chain.Entry[domain.Line]) *domain.Tally {
	t := domain.NewTally(user)
	for _, e := range entries {
		if e.Body.Score != nil {
			t.Add(e.Seq, *e.Body.Score)
		}
	}
	return t
}
