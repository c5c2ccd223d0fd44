package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// Rebuilt says what was rebuilt.
type Rebuilt struct {
	// Users is how many chains were read.
	Users int64
	// Boards is how many boards have rows.
	Boards int64
	// Digest covers all rows of all boards as they were when they became live.
	Digest string
}

const (
	// busyPause is how long to wait for the rebuild of another process before asking again.
	busyPause = 200 * time.Millisecond
	// rounds bounds how often people who got scores meanwhile are read again before the rebuild gives up.
	rounds = 100
)

// Rebuild builds the boards of a programme from its chains beside the live ones, then swaps. Scores that other processes
// project meanwhile go into both, as far as the new edition has come, and people for whom it had not are read again
// before the swap, so that nothing is lost.
func (r *Rebuilder) Rebuild(ctx context.Context, programID string) (Rebuilt, error) {
	release, err := r.turn(ctx, programID)
	if err != nil {
		return Rebuilt{}, err
	}
	defer release()
	b := &build{Rebuilder: r, program: programID, edition: r.token()}
	if err := b.begin(ctx); err != nil {
		return Rebuilt{}, err
	}
	err = b.walk(ctx)
	if err == nil {
		err = b.finish(ctx)
	}
	if err != nil {
		b.abandon(ctx)
		return Rebuilt{}, b.explain(err)
	}
	return b.Rebuilt, nil
}

// build is one rebuild.
type build struct {
	*Rebuilder
	Rebuilt
	program, edition string
	// zone is that of the latest points.
	zone   string
	zoneAt time.Time
	people []*domain.Tally
}

// begin waits until no other process builds.
func (b *build) begin(ctx context.Context) error {
	for {
		now := b.clock.Now()
		begun, err := b.boards.Begin(ctx, b.program, b.edition, now, now.Add(lease))
		if err != nil {
			return errUnavailable(err)
		}
		if begun {
			return nil
		}
		if clock.Wait(ctx, b.clock, busyPause) != nil {
			return errRunning(b.program)
		}
	}
}

// walk reads every chain of the programme.
func (b *build) walk(ctx context.Context) error {
	report, err := b.log.VerifyAll(ctx, domain.ScorePrefix(b.program), func(e chain.Entry[domain.Line]) error {
		return b.visit(ctx, e)
	})
	if err != nil {
		return err
	}
	if report.FaultCount > 0 {
		b.logger.ErrorContext(ctx, "chains of scores are damaged, boards show what is left of them",
			"program", b.program, "faults", report.FaultCount, "first", report.Faults[0].String())
	}
	b.Users = report.Chains
	return b.load(ctx)
}

// visit takes the next entry, in the order of people and then of their chains.
func (b *build) visit(ctx context.Context, e chain.Entry[domain.Line]) error {
	_, user, ok := domain.ParseScoreKey(e.Key)
	if !ok || e.Body.Score == nil {
		return nil
	}
	if len(b.people) == 0 || b.people[len(b.people)-1].User != user {
		if len(b.people) == MaxPeople {
			if err := b.load(ctx); err != nil {
				return err
			}
		}
		b.people = append(b.people, domain.NewTally(user))
	}
	b.people[len(b.people)-1].Add(e.Seq, *e.Body.Score)
	if e.Body.Score.Delta > 0 && !e.At.Before(b.zoneAt) {
		b.zone, b.zoneAt = e.Body.Score.TimeZone, e.At
	}
	return nil
}

// load writes what was read so far.
func (b *build) load(ctx context.Context) error {
	if err := b.boards.Load(ctx, b.program, b.edition, b.clock.Now().Add(lease), b.people); err != nil {
		return err
	}
	b.people = nil
	return nil
}

// finish swaps as soon as nobody is behind.
func (b *build) finish(ctx context.Context) error {
	for range rounds {
		if err := b.catchUp(ctx); err != nil {
			return err
		}
		var err error
		if b.Digest, b.Boards, err = b.boards.Digest(ctx, b.program, b.edition); err != nil {
			return err
		}
		err = b.boards.Finish(ctx, b.program, b.edition, b.zone)
		if !errors.Is(err, ErrBehind) {
			return err
		}
	}
	return errs.New(errs.Aborted, ReasonRebuildRunning, "scores of programme %s arrive faster than they can be read: try again", b.program)
}

// catchUp reads the chains of people who got scores meanwhile.
func (b *build) catchUp(ctx context.Context) error {
	for {
		users, err := b.boards.Behind(ctx, b.program, b.edition)
		if err != nil || len(users) == 0 {
			return err
		}
		for _, user := range users {
			tally, err := b.read(ctx, user)
			if err != nil {
				return err
			}
			b.people = append(b.people, tally)
		}
		if err := b.load(ctx); err != nil {
			return err
		}
	}
}

// read adds up the whole chain of a person.
func (b *build) read(ctx context.Context, user string) (*domain.Tally, error) {
	tally := domain.NewTally(user)
	for {
		entries, err := b.log.Range(ctx, domain.ScoreKey(b.program, user), chain.Page{After: tally.To, Limit: chain.MaxLimit})
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Body.Score != nil {
				tally.Add(e.Seq, *e.Body.Score)
			}
		}
		if len(entries) < chain.MaxLimit {
			return tally, nil
		}
	}
}

// abandon ends the lease, so that the next rebuild need not wait for its end. When even that fails, it waits.
func (b *build) abandon(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := b.boards.Load(ctx, b.program, b.edition, b.clock.Now(), nil); err != nil && !errors.Is(err, ErrOvertaken) {
		b.logger.WarnContext(ctx, "an abandoned rebuild keeps its lease", "program", b.program, "lease", lease.String(), "error", err)
	}
}

func (b *build) explain(err error) error {
	switch {
	case errors.Is(err, ErrOvertaken):
		return errRunning(b.program)
	case errs.Reason(err) != "":
		return err
	default:
		return fmt.Errorf("rebuild boards of %s: %w", b.program, err)
	}
}

func errRunning(programID string) error {
	return errs.New(errs.Aborted, ReasonRebuildRunning, "another process rebuilds the boards of programme %s: try again in a moment", programID)
}
