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

// issueAttempts bounds how often a reward is tried again because the rules or the allotments of its programme moved.
const issueAttempts = 64

// Issue counts a reward against the budget of its programme, then credits the beneficiary, held until its release.
// Idempotent by the id of the reward. Both steps are, so a crash between them is finished by the retry, and an id that
// returns with another beneficiary, currency or amount is caught at the budget: nothing changes then. A reward that does
// not fit into a limit is refused, or waits in the queue of its programme: the answer is then unposted.
func (l *Ledger) Issue(ctx context.Context, r domain.Reward) (Posted, error) {
	if err := r.Validate(); err != nil {
		return Posted{}, explain(err)
	}
	currency, err := l.currencyOf(ctx, r.ProgramID, r.Currency)
	if err != nil {
		return Posted{}, err
	}
	if currency != r.Currency {
		return Posted{}, l.refuseCurrency(ctx, r, currency)
	}
	i := issuing{Ledger: l, reward: r, command: issueCommand(r), rules: l.rulesOf(r.ProgramID)}
	defer i.end()
	return i.run(ctx)
}

// issuing is one reward on its way. What stands in its way is found out by the steps themselves, so that a reward that
// nothing stops costs one append and no read.
type issuing struct {
	*Ledger
	reward  domain.Reward
	command command.Command
	// rules that the steps expect; nil for none.
	rules *domain.Rules
	// known is what the programme gave the beneficiary as of a position in the account's chain.
	known   *domain.ProgramCounter
	knownAt int64
	// receive is the step that takes an allotment for the stripe, before the reward's own; its key is empty for none.
	receive chain.Append[domain.Line]
	// counted says that the budget counted the reward.
	counted bool
	// followed says that rules were learned after an earlier attempt, in which the budget counted the reward.
	followed bool
	// queued says that the reward waits already.
	queued bool
	// unlock lets others refill the stripe; nil when this one does not keep them waiting.
	unlock func()
}

func (i *issuing) end() {
	if i.unlock != nil {
		i.unlock()
		i.unlock = nil
	}
}

func (i *issuing) run(ctx context.Context) (Posted, error) {
	for range issueAttempts {
		results, err := i.log.Append(ctx, i.steps()...)
		i.receive = chain.Append[domain.Line]{}
		if err == nil {
			return i.answer(ctx, results[len(results)-1])
		}
		for _, result := range results {
			i.counted = i.counted || (result.Entry.Command == i.command && result.Entry.Body.Budget != nil)
		}
		if err = i.overcome(ctx, err); err != nil {
			return i.giveUp(ctx, err)
		}
	}
	return Posted{}, errBudgetBusy(i.reward.ProgramID)
}

// steps returns the reward's list: the budget first.
func (i *issuing) steps() []chain.Append[domain.Line] {
	r, now, under, followed := i.reward, i.clock.Now(), version(i.rules), i.followed
	// The budget's step compares the rules with those of its stripe, as of now once it leads to an entry: the account's step
	// goes on from it. When the account's step runs alone, the reward was counted earlier.
	compared := false
	credit := i.credit(i.rules, i.known, i.knownAt, now)
	list := []chain.Append[domain.Line]{
		{
			Key: domain.BudgetKey(r.ProgramID, r.Currency, r.ID), Command: i.command,
			Step: budgetStep(func(head domain.BudgetLine) (line domain.BudgetLine, err error) {
				line, err = domain.CountUnder(head, r, under, now)
				compared = err == nil
				return line, err
			}),
		},
		{
			Key: domain.AccountKey(r.Beneficiary, r.Currency), Command: i.command,
			Step: func(head *chain.Entry[domain.Line]) (domain.Line, error) {
				if !compared && !followed {
					return domain.Line{}, errNotCompared
				}
				compared = false
				return credit(head)
			},
		},
	}
	if i.receive.Key != "" {
		list = append([]chain.Append[domain.Line]{i.receive}, list...)
	}
	return list
}

// credit returns the account's step. It is a function of its arguments, since it may run after the caller has gone on.
func (i *issuing) credit(rules *domain.Rules, known *domain.ProgramCounter, knownAt int64, now time.Time) chain.Step[domain.Line] {
	r := i.reward
	return func(head *chain.Entry[domain.Line]) (domain.Line, error) {
		counter := known
		switch {
		case head == nil:
			counter = &domain.ProgramCounter{}
		case head.Seq != knownAt:
			counter = nil
		}
		p, err := domain.CreditUnder(balances(head), r, rules, counter, now)
		if err != nil {
			return domain.Line{}, err
		}
		return domain.Line{Posting: &p}, nil
	}
}

// overcome does what the refusal of a step calls for, so that the steps can be tried again. It returns what is final.
func (i *issuing) overcome(ctx context.Context, refusal error) error {
	switch {
	case errors.Is(refusal, domain.ErrStale):
		return nil // somebody else took the allotment
	case errors.Is(refusal, domain.ErrQuotaShort):
		return i.fund(ctx)
	case errors.Is(refusal, domain.ErrRulesChanged):
		return i.followRules(ctx)
	case errors.Is(refusal, errNotCompared):
		return i.followCount(ctx)
	case errors.Is(refusal, domain.ErrUncounted):
		return i.recount(ctx)
	case errs.Reason(refusal) == command.ReasonReused:
		return i.unlessVoid(ctx, refusal)
	default:
		return refusal
	}
}

// followRules learns the rules in force, and brings the reward's stripe under them if it was left behind.
func (i *issuing) followRules(ctx context.Context) (err error) {
	if i.rules, err = i.learnRules(ctx, i.reward.ProgramID); err != nil {
		return err
	}
	line, _, err := i.stripe(ctx, i.reward.ProgramID, i.reward.Currency, domain.StripeOf(i.reward.ID))
	if err != nil || line.Under(version(i.rules)) >= 0 {
		return err
	}
	err = i.bringUnder(ctx, i.reward.ProgramID, i.reward.Currency)
	i.rules = i.rulesOf(i.reward.ProgramID)
	return err
}

// errNotCompared says that nobody compared the rules that the account is to follow with those that the budget followed.
var errNotCompared = errors.New("the budget counted the reward earlier")

// followCount learns the rules in force for a reward that the budget counted in an earlier attempt, since this one did not
// compare those that this process knows with its stripe's: a limit that was lifted meanwhile must not refuse it.
func (i *issuing) followCount(ctx context.Context) (err error) {
	i.counted, i.followed = true, true
	i.rules, err = i.learnRules(ctx, i.reward.ProgramID)
	return err
}

// version returns the version of rules; 0 for none.
func version(rules *domain.Rules) int64 {
	if rules == nil {
		return 0
	}
	return rules.Version
}

// issueCommand covers everything that a reward says.
func issueCommand(r domain.Reward) command.Command {
	return command.New(r.ID, "wallet.issue_reward.v1",
		command.String("program", r.ProgramID),
		command.Int64("program_version", r.ProgramVersion),
		command.String("referral", r.ReferralID),
		command.String("beneficiary", r.Beneficiary),
		command.String("side", string(r.Side)),
		command.String("kind", string(r.Kind)),
		command.Int64("amount", r.Amount),
		command.String("currency", r.Currency),
		command.Duration("hold", r.Hold),
		command.String("tier", r.Tier))
}

// refuseCurrency tells a new reward in a foreign currency from a known id that came back with one.
func (l *Ledger) refuseCurrency(ctx context.Context, r domain.Reward, currency string) error {
	_, known, err := l.log.Find(ctx, domain.BudgetKey(r.ProgramID, currency, r.ID), r.ID)
	if err != nil {
		return err
	}
	if known {
		return command.ErrReused(r.ID)
	}
	return errs.New(errs.FailedPrecondition, ReasonCurrencyMismatch,
		"programme %s pays in %s: a reward in %s cannot be issued from its budget", r.ProgramID, currency, r.Currency)
}
