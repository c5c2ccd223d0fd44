package app

import (
	"context"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// QueuedReward is a reward that waits for budget.
type QueuedReward struct {
	domain.Reward
	// QueuedAt is when it began to wait, in UTC milliseconds.
	QueuedAt time.Time
	// Attempts is how often it was tried since.
	Attempts int64
}

// QueuePlace is a position in the queue of a programme: rewards stand by QueuedAt, then by id. The zero value stands
// before the first.
type QueuePlace struct {
	QueuedAt time.Time
	ID       string
}

// QueueTotals sums the rewards of a programme that wait.
type QueueTotals struct {
	// Rewards is how many, Amount what they are worth in minor units.
	Rewards, Amount int64
}

// Queue keeps the rewards that wait for budget. A reward may stand in it although it was paid or taken back meanwhile: the
// ledger decides, whoever tries it finds out and removes it. All methods are safe for concurrent use by any number of
// processes.
type Queue interface {
	// Put adds a reward, durably. One that is there already stays as it is.
	Put(ctx context.Context, r QueuedReward) error
	// Get returns a reward; false when it does not wait.
	Get(ctx context.Context, rewardID string) (QueuedReward, bool, error)
	// Remove takes a reward out. One that is not there is no error.
	Remove(ctx context.Context, rewardID string) error
	// Tried adds one to the attempts of a reward. One that is not there is no error.
	Tried(ctx context.Context, rewardID string) error
	// List returns at most limit rewards of a programme after a place, the longest waiting first.
	List(ctx context.Context, programID string, after QueuePlace, limit int) ([]QueuedReward, error)
	// Totals sums the rewards of a programme.
	Totals(ctx context.Context, programID string) (QueueTotals, error)
	// Programs returns the programmes with rewards that wait, in no order.
	Programs(ctx context.Context) ([]string, error)
	// Lease reserves the queue of a programme for an owner until a moment; the owner may renew it. It reports false when
	// another owner has it now.
	Lease(ctx context.Context, programID, owner string, now, until time.Time) (bool, error)
}

// noQueue is the queue of a ledger that has none.
type noQueue struct{ Queue }

func (noQueue) Put(context.Context, QueuedReward) error {
	return errs.New(errs.Unavailable, "QUEUE_MISSING", "this process keeps no queue of rewards: send the same request to another")
}
func (noQueue) Get(context.Context, string) (QueuedReward, bool, error) {
	return QueuedReward{}, false, nil
}
func (noQueue) Remove(context.Context, string) error                { return nil }
func (noQueue) Totals(context.Context, string) (QueueTotals, error) { return QueueTotals{}, nil }
func (noQueue) Programs(context.Context) ([]string, error)          { return nil, nil }
func (noQueue) List(context.Context, string, QueuePlace, int) ([]QueuedReward, error) {
	return nil, nil
}

// Queued returns at most limit rewards of a programme that wait for budget, the longest waiting first, after a place.
func (l *Ledger) Queued(ctx context.Context, programID string, after QueuePlace, limit int) ([]QueuedReward, error) {
	return l.queue.List(ctx, programID, after, limit)
}

func (l *Ledger) queueTotals(ctx context.Context, programID string) (QueueTotals, error) {
	return l.queue.Totals(ctx, programID)
}

// kickQueue makes the worker of this process look at the queues soon.
func (l *Ledger) kickQueue() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}
