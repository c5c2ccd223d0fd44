package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

const reverseSchema = "wallet.reverse_reward.v1"

// reverseAttempts bounds how often a reward that waits may be found paid when it is taken back.
const reverseAttempts = 3

// Reverse takes a reward back: one that is still held is cancelled, one that was released or issued without hold is
// debited as the clawback policy of its programme says, and one that waits for budget leaves the queue; the answer is then
// unposted. The amount returns to the budget stripe that it came from, and to the periods of the limits that it was counted
// in. Idempotent by the id of the reversal; a crash between the steps is finished by the retry.
func (l *Ledger) Reverse(ctx context.Context, s domain.Settlement) (Posted, error) {
	if err := s.ValidateReversal(); err != nil {
		return Posted{}, explain(err)
	}
	for range reverseAttempts {
		reward, found, err := l.reward(ctx, s)
		if err != nil {
			return Posted{}, err
		}
		if found {
			return l.reversePosted(ctx, s, reward)
		}
		if p, done, err := l.reverseUnposted(ctx, s); done {
			return p, err
		}
	}
	return Posted{}, errs.New(errs.Aborted, ReasonBudgetBusy, "reward %q is being paid: send the same request again", s.RewardID)
}

func (l *Ledger) reversePosted(ctx context.Context, s domain.Settlement, reward Posted) (Posted, error) {
	switch reward.Kind { //nolint:exhaustive // the others are held rewards
	case domain.PostingRewardRefused:
		return l.reverseRefused(ctx, s, reward)
	case domain.PostingRewardAvailable:
		return l.debit(ctx, s, reward)
	}
	result, err := l.takeBack(ctx, domain.SettleID(s.RewardID), s, reward, domain.BudgetCancel, domain.CancelHold)
	if errs.Reason(err) != command.ReasonReused {
		return result, err
	}
	settled, err := l.settledBy(ctx, s)
	if err != nil {
		return Posted{}, err
	}
	if settled != domain.PostingRelease {
		return Posted{}, command.ErrReused(s.ID)
	}
	return l.debit(ctx, s, reward)
}

// reverseRefused answers for a reward that was never paid: it may have been taken back while it waited.
func (l *Ledger) reverseRefused(ctx context.Context, s domain.Settlement, refusal Posted) (Posted, error) {
	if err := l.finishRefusal(ctx, refusal); err != nil {
		return Posted{}, err
	}
	if refusal.Reason != ReasonRewardReversed {
		return Posted{}, errRewardNotFound(s)
	}
	return Posted{Unposted: true, Replayed: true}, l.queue.Remove(ctx, s.RewardID)
}

// settledBy returns how the hold of a reward was settled.
func (l *Ledger) settledBy(ctx context.Context, s domain.Settlement) (domain.PostingKind, error) {
	entry, ok, err := l.log.Find(ctx, domain.AccountKey(s.Beneficiary, s.Currency), domain.SettleID(s.RewardID))
	if err != nil || !ok {
		return "", err
	}
	settlement, err := posted(entry, false)
	return settlement.Kind, err
}

// debit takes back a reward that is not held any more, as the programme's policy says now.
func (l *Ledger) debit(ctx context.Context, s domain.Settlement, reward Posted) (Posted, error) {
	policy := domain.ClawbackAllowNegative
	rules, err := l.learnRules(ctx, reward.ProgramID)
	if err != nil {
		return Posted{}, err
	}
	if rules != nil {
		policy = rules.Clawback
	}
	return l.takeBack(ctx, s.ID, s, reward, domain.BudgetGiveBack, func(b domain.Balances, p domain.Posting, s domain.Settlement) (domain.Posting, error) {
		return domain.Debit(b, p, s, policy)
	})
}

// takeBack posts the reversal to the account under the given chain command, then returns the amount to the budget. The
// account goes first because it decides whether the reversal happens.
func (l *Ledger) takeBack(ctx context.Context, chainCommand string, s domain.Settlement, reward Posted,
	kind domain.BudgetKind, rule func(domain.Balances, domain.Posting, domain.Settlement) (domain.Posting, error),
) (Posted, error) {
	counted, err := l.counted(ctx, reward)
	if err != nil {
		return Posted{}, err
	}
	results, err := l.log.Append(ctx,
		chain.Append[domain.Line]{
			Key:     domain.AccountKey(s.Beneficiary, s.Currency),
			Command: command.New(chainCommand, reverseSchema, settlementFields(s)...),
			Step: postingStep(func(b domain.Balances) (domain.Posting, error) {
				p, err := rule(b, reward.Posting, s)
				if domain.OfReferrer(reward.Side, reward.RewardKind) {
					p.After.Counters = p.After.Counters.WithoutReward(reward.ProgramID, reward.Amount, reward.countedAt())
				}
				return p, err
			}),
		},
		chain.Append[domain.Line]{
			Key:     domain.BudgetKey(reward.ProgramID, s.Currency, s.RewardID),
			Command: command.New(s.ID, reverseSchema, settlementFields(s)...),
			Step:    budgetStep(func(head domain.BudgetLine) (domain.BudgetLine, error) { return counted.Counted(kind, head) }),
		})
	if err != nil {
		return Posted{}, explain(err)
	}
	if err := l.giveBack(ctx, s.ID, budgetHead(&results[1].Entry)); err != nil {
		return Posted{}, err
	}
	return posted(results[0].Entry, results[0].Replayed)
}

// counted returns the line that counted a reward against its budget.
func (l *Ledger) counted(ctx context.Context, reward Posted) (domain.BudgetLine, error) {
	key := domain.BudgetKey(reward.ProgramID, reward.Currency, reward.RewardID)
	entry, ok, err := l.log.Find(ctx, key, reward.RewardID)
	if err != nil {
		return domain.BudgetLine{}, err
	}
	if !ok || entry.Body.Budget == nil {
		return domain.BudgetLine{}, errs.New(errs.Internal, "LEDGER_CORRUPT", "reward %q was posted and is not in budget %s", reward.RewardID, key)
	}
	return *entry.Body.Budget, nil
}
