package app

import (
	"context"
	"errors"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

const (
	// queueInterval is how often the queues are looked at: periods begin, and other processes take rewards back.
	queueInterval = 15 * time.Second
	// queueLease is how long a process has the queue of a programme for itself.
	queueLease = time.Minute
	// queuePage is how many waiting rewards are read at once.
	queuePage = 100
)

// RunQueue pays rewards that wait for budget until ctx ends: soon after this process made room in a budget, and every 15
// seconds. Owner names the process, so that others leave to it what it has begun.
func (l *Ledger) RunQueue(ctx context.Context, owner string) {
	for ctx.Err() == nil {
		if _, err := l.PayQueues(ctx, owner); err != nil && ctx.Err() == nil {
			l.logger.WarnContext(ctx, "rewards that wait for budget could not be tried, they will be again", "error", err)
		}
		timer := l.clock.NewTimer(queueInterval)
		select {
		case <-ctx.Done():
		case <-l.kick:
		case <-timer.C():
		}
		timer.Stop()
	}
}

// PayQueues tries the rewards that wait, the longest waiting of each programme first, and returns how many were paid. A
// reward that does not fit into a limit of the programme keeps those behind it waiting; one that does not fit into a limit
// of its referrer does not.
func (l *Ledger) PayQueues(ctx context.Context, owner string) (paid int, err error) {
	programs, err := l.queue.Programs(ctx)
	for _, programID := range programs {
		n, programErr := l.payQueue(ctx, programID, owner)
		paid, err = paid+n, errors.Join(err, programErr)
	}
	return paid, err
}

func (l *Ledger) payQueue(ctx context.Context, programID, owner string) (paid int, err error) {
	var place QueuePlace
	for {
		now := l.clock.Now()
		mine, err := l.queue.Lease(ctx, programID, owner, now, now.Add(queueLease))
		if err != nil || !mine {
			return paid, err
		}
		list, err := l.queue.List(ctx, programID, place, queuePage)
		if err != nil {
			return paid, err
		}
		for _, q := range list {
			place = QueuePlace{QueuedAt: q.QueuedAt, ID: q.ID}
			full, err := l.payQueued(ctx, q, &paid)
			if full || err != nil {
				return paid, err
			}
		}
		if len(list) < queuePage {
			return paid, nil
		}
	}
}

// payQueued tries one reward. Full says that the programme has nothing left for it.
func (l *Ledger) payQueued(ctx context.Context, q QueuedReward, paid *int) (full bool, err error) {
	i := issuing{Ledger: l, reward: q.Reward, command: issueCommand(q.Reward), rules: l.rulesOf(q.ProgramID), queued: true}
	defer i.end()
	_, err = i.run(ctx)
	var limit *domain.LimitError
	switch {
	case err == nil:
		*paid++
		return false, l.queue.Remove(ctx, q.ID)
	case errors.As(err, &limit):
		return limit.Limit.Scope == domain.ScopeProgram, l.queue.Tried(ctx, q.ID)
	case errs.IsTransient(err):
		return false, err
	default:
		return false, l.dropQueued(ctx, &i, err)
	}
}

// dropQueued ends a reward that will never be paid. Its place in the budget is taken, so that it is answered as taken back
// from now on.
func (l *Ledger) dropQueued(ctx context.Context, i *issuing, cause error) error {
	r := i.reward
	if !i.counted {
		_, err := l.log.Append(ctx, chain.Append[domain.Line]{
			Key:     domain.BudgetKey(r.ProgramID, r.Currency, r.ID),
			Command: command.New(r.ID, "wallet.drop_queued.v1"),
			Step: budgetStep(func(head domain.BudgetLine) (domain.BudgetLine, error) {
				return domain.Void(head, domain.Settlement{RewardID: r.ID, Beneficiary: r.Beneficiary, Currency: r.Currency})
			}),
		})
		if err != nil && errs.Reason(err) != command.ReasonReused {
			return err
		}
	}
	if errs.Reason(cause) != ReasonRewardReversed {
		l.logger.WarnContext(ctx, "a reward that waited for budget cannot be paid", "reward", r.ID, "error", cause)
	}
	return l.queue.Remove(ctx, r.ID)
}
