package app

import (
	"context"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// timeLayout is how messages show moments.
const timeLayout = time.RFC3339Nano

// enqueue lets the reward wait for budget. It answers once that is durable. What waits under the id is looked at afterwards,
// so that of two rewards with one id that arrive together, only the one that waits is told so.
func (i *issuing) enqueue(ctx context.Context) (Posted, error) {
	err := i.queue.Put(ctx, QueuedReward{Reward: i.reward, QueuedAt: i.clock.Now().UTC().Truncate(time.Millisecond)})
	if err == nil {
		err = i.unlessQueuedOtherwise(ctx)
	}
	if err != nil {
		return Posted{}, err
	}
	return Posted{Unposted: true}, nil
}

// unlessQueuedOtherwise refuses a reward whose id waits with other contents.
func (i *issuing) unlessQueuedOtherwise(ctx context.Context) error {
	waiting, found, err := i.queue.Get(ctx, i.reward.ID)
	if err == nil && found && issueCommand(waiting.Reward) != i.command {
		err = command.ErrReused(i.reward.ID)
	}
	return err
}

// unlessVoid tells a reward that was taken back while it waited from an id that returns with other contents.
func (i *issuing) unlessVoid(ctx context.Context, reused error) error {
	r := i.reward
	entry, found, err := i.log.Find(ctx, domain.BudgetKey(r.ProgramID, r.Currency, r.ID), r.ID)
	if err != nil {
		return err
	}
	if found && budgetHead(&entry).Kind == domain.BudgetVoid {
		return errRewardReversed(r.ID)
	}
	return reused
}

// unposted explains why a reward that is to be settled has no posting.
func (l *Ledger) unposted(ctx context.Context, s domain.Settlement) error {
	_, waits, err := l.waiting(ctx, s)
	if err != nil {
		return err
	}
	if waits {
		return errs.New(errs.FailedPrecondition, ReasonRewardQueued,
			"reward %q waits for budget: release it when it was paid", s.RewardID).WithRetryAfter(queuedRetry)
	}
	if key, ok := domain.BudgetKeyOf(s); ok {
		entry, found, err := l.log.Find(ctx, key, s.RewardID)
		if err != nil {
			return err
		}
		if found && budgetHead(&entry).Kind == domain.BudgetVoid {
			return errRewardReversed(s.RewardID)
		}
	}
	return errRewardNotFound(s)
}

// queuedRetry is when to ask again for a reward that waits.
const queuedRetry = time.Minute

// waiting returns the reward that a settlement names if it waits for budget.
func (l *Ledger) waiting(ctx context.Context, s domain.Settlement) (domain.Reward, bool, error) {
	q, found, err := l.queue.Get(ctx, s.RewardID)
	if err != nil || !found || q.Beneficiary != s.Beneficiary || q.Currency != s.Currency {
		return domain.Reward{}, false, err
	}
	return q.Reward, true, nil
}

// reverseUnposted takes back a reward that has no posting: one that waits for budget leaves the queue. The place of the
// reward in its budget stripe decides between this and its payment. The answer is false when it was paid meanwhile.
func (l *Ledger) reverseUnposted(ctx context.Context, s domain.Settlement) (Posted, bool, error) {
	key, ok := domain.BudgetKeyOf(s)
	if !ok {
		return Posted{}, true, errRewardNotFound(s)
	}
	entry, found, err := l.log.Find(ctx, key, s.RewardID)
	if err != nil {
		return Posted{}, true, err
	}
	reward, waits, err := l.waiting(ctx, s)
	if err != nil {
		return Posted{}, true, err
	}
	void := found && budgetHead(&entry).Kind == domain.BudgetVoid
	switch {
	case !void && !waits:
		return Posted{}, true, errRewardNotFound(s)
	case found && !void:
		return l.refuseWaiting(ctx, reward)
	}
	results, err := l.log.Append(ctx, chain.Append[domain.Line]{
		Key: key, Command: command.New(s.RewardID, reverseSchema, settlementFields(s)...),
		Step: budgetStep(func(head domain.BudgetLine) (domain.BudgetLine, error) { return domain.Void(head, s) }),
	})
	if errs.Reason(err) == command.ReasonReused {
		if void {
			return Posted{}, true, command.ErrReused(s.ID)
		}
		return Posted{}, false, nil
	}
	if err != nil {
		return Posted{}, true, err
	}
	return Posted{Unposted: true, Replayed: results[0].Replayed}, true, l.queue.Remove(ctx, s.RewardID)
}

// refuseWaiting takes back a reward that waits although the budget counted it, because a limit for each referrer is
// reached. The account decides between this and the payment.
func (l *Ledger) refuseWaiting(ctx context.Context, reward domain.Reward) (Posted, bool, error) {
	i := issuing{Ledger: l, reward: reward, command: issueCommand(reward)}
	_, err := i.refuse(ctx, ReasonRewardReversed)
	if errs.Reason(err) != ReasonRewardReversed {
		return Posted{}, err != nil, err
	}
	return Posted{Unposted: true}, true, l.queue.Remove(ctx, reward.ID)
}
