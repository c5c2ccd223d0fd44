package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

const (
	// reconcileLease is how long a run is reserved; it is renewed three times as often. Clocks of replicas must agree better
	// than that.
	reconcileLease = 2 * time.Minute
	// lookEvery is how often a replica looks whether a run is due, and for results of others.
	lookEvery = time.Minute
	// releaseTimeout bounds the last write of a job that is stopped.
	releaseTimeout = 5 * time.Second
)

// errLeaseLost ends a run that another replica may have taken over.
var errLeaseLost = errors.New("the reservation of the run was lost")

// ScheduledReconcile makes the reconciliations that are due. Any number of replicas may run it; one of them makes each run,
// and when it dies another takes over as soon as its reservation ends.
type ScheduledReconcile struct {
	Reconciler *Reconciler
	Schedule   domain.Schedule
	Clock      clock.Clock
	Logger     *slog.Logger
	// Owner names this process among all.
	Owner string
}

// Run works until ctx ends.
func (j *ScheduledReconcile) Run(ctx context.Context) {
	for {
		if err := clock.Wait(ctx, j.Clock, j.look(ctx)); err != nil {
			return
		}
	}
}

// look makes the run that is due, if there is one, and returns how long to wait until the next look.
func (j *ScheduledReconcile) look(ctx context.Context) time.Duration {
	wait, err := j.turn(ctx)
	if err != nil && ctx.Err() == nil {
		j.Logger.ErrorContext(ctx, "scheduled reconciliation", "error", err)
	}
	last, ok, err := j.Reconciler.Store.Last(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		j.Logger.WarnContext(ctx, "read the last reconciliation", "error", err)
	case err == nil && ok:
		j.Reconciler.Observe(last)
	}
	return wait
}

func (j *ScheduledReconcile) turn(ctx context.Context) (wait time.Duration, err error) {
	if j.Schedule.Off() {
		return lookEvery, nil
	}
	now := j.Clock.Now()
	due := j.Schedule.Due(now)
	turn, err := j.Reconciler.Store.Take(ctx, j.Owner, due, now, now.Add(reconcileLease))
	if err != nil {
		return lookEvery, fmt.Errorf("reserve the run of %s: %w", due.Format(time.RFC3339), err)
	}
	if turn.Mine {
		err = j.run(ctx, due)
	}
	now = j.Clock.Now()
	wait = min(lookEvery, j.Schedule.Next(now).Sub(now))
	if !turn.Mine && turn.DoneUntil.Before(due) { // another replica is at it
		wait = min(wait, max(turn.Until.Sub(now), time.Second))
	}
	return wait, err
}

// run makes the run that was due. One that fails is tried again when its reservation ends, by whichever replica comes first;
// one that is stopped is released at once.
func (j *ScheduledReconcile) run(ctx context.Context, due time.Time) error {
	running, cancel := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() { j.renew(running, cancel) })
	result, err := j.Reconciler.Reconcile(running)
	cancel(nil)
	renewing.Wait()
	switch {
	case ctx.Err() != nil:
		ending, stop := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
		defer stop()
		return j.Reconciler.Store.Release(ending, j.Owner)
	case err != nil:
		return fmt.Errorf("the run of %s, which is tried again: %w", due.Format(time.RFC3339), errors.Join(err, context.Cause(running)))
	}
	level := slog.LevelInfo
	if !result.Verified() {
		level = slog.LevelError
	}
	j.Logger.Log(ctx, level, "ledger reconciled", "verified", result.Verified(), "zero_sum", result.ZeroSum,
		"postings", result.Postings, "findings", result.FindingCounts, "duration", result.FinishedAt.Sub(result.StartedAt).String())
	if err := j.Reconciler.Store.Done(ctx, j.Owner, due); err != nil {
		return fmt.Errorf("mark the run of %s as done: %w", due.Format(time.RFC3339), err)
	}
	return nil
}

// renew keeps the reservation until ctx ends, and cancels the run when it is lost.
func (j *ScheduledReconcile) renew(ctx context.Context, cancel context.CancelCauseFunc) {
	until := j.Clock.Now().Add(reconcileLease)
	for clock.Wait(ctx, j.Clock, reconcileLease/3) == nil {
		now := j.Clock.Now()
		mine, err := j.Reconciler.Store.Renew(ctx, j.Owner, now, now.Add(reconcileLease))
		switch {
		case err == nil && mine:
			until = now.Add(reconcileLease)
		case err == nil, !now.Before(until):
			cancel(errLeaseLost)
			return
		}
	}
}
