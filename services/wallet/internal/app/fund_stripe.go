package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// fundAttempts bounds how often a stripe's allotment may be taken by others while a reward waits for it.
const fundAttempts = 64

// fund sees to it that the reward's stripe has an allotment for it, or returns a *domain.LimitError once nothing is left
// anywhere: neither in the programme nor in the allotments of its stripes, nor on the way between them. One caller of this
// process at a time does it for a stripe, until its reward is issued.
func (i *issuing) fund(ctx context.Context) (err error) {
	r := i.reward
	if i.unlock == nil {
		if i.unlock, err = i.refills.lock(ctx, domain.BudgetKey(r.ProgramID, r.Currency, r.ID)); err != nil {
			return err
		}
	}
	for range fundAttempts {
		done, err := i.tryFund(ctx)
		if done || (err != nil && !again(err)) {
			return err
		}
		if errors.Is(err, domain.ErrRulesChanged) {
			return i.followRules(ctx)
		}
	}
	return errBudgetBusy(r.ProgramID)
}

// tryFund is one attempt: done says that the reward can be tried, or never will be when there is an error.
func (i *issuing) tryFund(ctx context.Context) (done bool, err error) {
	r, own := i.reward, domain.StripeOf(i.reward.ID)
	state, _, err := i.program(ctx, r.ProgramID)
	if err != nil {
		return false, err
	}
	if state.Version() != version(i.rules) {
		return false, domain.ErrRulesChanged
	}
	if !state.Ready() {
		return false, i.bringUnder(ctx, r.ProgramID, r.Currency)
	}
	line, _, err := i.stripe(ctx, r.ProgramID, r.Currency, own)
	now := i.clock.Now()
	switch {
	case err != nil:
		return false, err
	case line.Under(state.Version()) != 0:
		return false, domain.ErrRulesChanged
	case line.Quota.Open:
		return false, i.exchange(ctx, own, line, 0)
	case line.Covers(r.Amount, now):
		return true, nil // others refilled it
	}
	if room, _ := state.Room(now); room >= r.Amount {
		allotment, err := i.ask(ctx, own, line, r.Amount)
		if err != nil || allotment.Amount < r.Amount {
			return false, err
		}
		i.receive = i.receiving(own, allotment)
		return true, nil
	}
	return i.recall(ctx, state)
}

// recall gets back what other stripes hold, if that is enough for the reward together with what the programme has left.
// It answers with a *domain.LimitError if it is not, and nothing was granted meanwhile.
func (i *issuing) recall(ctx context.Context, state domain.Program) (done bool, err error) {
	r := i.reward
	stripes, err := i.stripes(ctx, r.ProgramID, r.Currency)
	if err != nil {
		return false, err
	}
	allotments := make([]domain.Quota, 0, len(stripes))
	for n, line := range stripes {
		if line.Under(state.Version()) != 0 {
			return false, domain.ErrRulesChanged
		}
		if line.Quota.Open {
			return false, i.exchange(ctx, int64(n), line, 0)
		}
		quota := *line.Quota
		quota.Returned = 0
		allotments = append(allotments, quota)
	}
	now := i.clock.Now()
	if room, use := state.Room(now, allotments...); room < r.Amount {
		latest, _, err := i.program(ctx, r.ProgramID)
		if err != nil || latest.Moves != state.Moves {
			return false, err
		}
		return true, &domain.LimitError{LimitUse: use, Amount: r.Amount}
	}
	for n, line := range stripes {
		if line.Quota.Left == 0 {
			continue
		}
		if err := i.exchange(ctx, int64(n), line, 0); err != nil && !errors.Is(err, domain.ErrStale) {
			return false, err
		}
		state, _, err := i.program(ctx, r.ProgramID)
		if err != nil {
			return false, err
		}
		if room, _ := state.Room(now); room >= r.Amount {
			break
		}
	}
	return false, nil
}

// exchange gives up the allotment of a stripe for another, or finishes an exchange that was begun.
func (i *issuing) exchange(ctx context.Context, stripe int64, line domain.BudgetLine, needed int64) error {
	allotment, err := i.ask(ctx, stripe, line, needed)
	if err != nil {
		return err
	}
	_, err = i.log.Append(ctx, i.receiving(stripe, allotment))
	return err
}

// ask gives up the allotment of a stripe and returns the one that the programme grants for it. Whoever asks for the
// same number gets the same answer, so a request that was cut off is finished by the next caller.
func (i *issuing) ask(ctx context.Context, stripe int64, line domain.BudgetLine, needed int64) (domain.Allotment, error) {
	r, under := i.reward, line.Quota.Version
	n := line.Quota.Refill
	if !line.Quota.Open {
		n++
		results, err := i.log.Append(ctx, chain.Append[domain.Line]{
			Key:     domain.StripeKey(r.ProgramID, r.Currency, stripe),
			Command: command.New("refill/"+strconv.FormatInt(n, 10), "wallet.return_allotment.v1"),
			Step: budgetStep(func(head domain.BudgetLine) (domain.BudgetLine, error) {
				return domain.Return(head, r.ProgramID, r.Currency, under, n)
			}),
		})
		if err != nil {
			return domain.Allotment{}, err
		}
		line = budgetHead(&results[0].Entry)
	}
	refill := domain.Refill{Stripe: stripe, Number: n, Returned: line.Quota.Returned, Since: line.Quota.Since, Needed: needed}
	now := i.clock.Now()
	state, err := i.appendProgram(ctx, r.ProgramID, chain.Append[domain.Line]{
		Command: command.New(refillID(stripe, n), "wallet.exchange_allotment.v1"),
		Step: programStep(func(p domain.Program) (domain.Program, error) {
			return p.Exchange(under, refill, now)
		}),
	})
	return state.Allotment(), err
}

// receiving returns the step in which a stripe takes an allotment.
func (i *issuing) receiving(stripe int64, a domain.Allotment) chain.Append[domain.Line] {
	r, under := i.reward, version(i.rules)
	return chain.Append[domain.Line]{
		Key:     domain.StripeKey(r.ProgramID, r.Currency, stripe),
		Command: command.New("receive/"+strconv.FormatInt(a.Number, 10), "wallet.receive_allotment.v1"),
		Step: budgetStep(func(head domain.BudgetLine) (domain.BudgetLine, error) {
			return domain.Receive(head, r.ProgramID, r.Currency, under, a)
		}),
	}
}

// noteExhausted notes once for each period that a limit of the programme did not cover a reward. The reward is answered
// anyway, so that this fails only in the log.
func (i *issuing) noteExhausted(ctx context.Context, limit *domain.LimitError) {
	if limit.Limit.Scope != domain.ScopeProgram || !limit.Warned100At.IsZero() {
		return
	}
	under, now := version(i.rules), i.clock.Now()
	id := fmt.Sprintf("exhausted/%d/%d/%d", under, limit.Index, limit.Used.Start.UnixMilli())
	_, err := i.appendProgram(ctx, i.reward.ProgramID, chain.Append[domain.Line]{
		Command: command.New(id, "wallet.note_exhausted.v1"),
		Step: programStep(func(p domain.Program) (domain.Program, error) {
			return p.Refuse(under, limit.Index, now)
		}),
	})
	if err != nil && !again(err) {
		i.logger.WarnContext(ctx, "a budget limit is reached, which could not be noted", "program", i.reward.ProgramID, "error", err)
	}
}
