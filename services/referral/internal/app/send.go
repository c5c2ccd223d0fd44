package app

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Reasons of answers that are no final no, although their code looks like one.
const (
	reasonLadderUnknown      = "LADDER_UNKNOWN"
	reasonHoldNotOver        = "HOLD_NOT_OVER"
	reasonRewardQueued       = "REWARD_QUEUED"
	reasonRewardNotFound     = "REWARD_NOT_FOUND"
	reasonCompletionNotFound = "COMPLETION_NOT_FOUND"
)

// Send delivers one command to the service it is for.
func (d *Delivery) Send(ctx context.Context, a *Aggregate, m outbox.Message) outbox.Outcome {
	o, err := orderOf(&m)
	if err != nil {
		return outbox.Outcome{State: outbox.StatePending, Error: err.Error()}
	}
	result, err := d.send(ctx, &a.Referral, o)
	if err != nil {
		return failed(a, o, err)
	}
	if result == nil {
		return outbox.Succeeded(nil)
	}
	answer, err := json.Marshal(result)
	if err != nil {
		return outbox.Outcome{State: outbox.StatePending, Error: fmt.Sprintf("keep the answer: %v", err)}
	}
	return outbox.Succeeded(answer)
}

func (d *Delivery) send(ctx context.Context, r *domain.Referral, o domain.Order) (*domain.Result, error) {
	switch o.Kind {
	case domain.RecordCompletion:
		return d.recordCompletion(ctx, r, o)
	case domain.ReverseCompletion:
		tiers, err := d.Tiers.ReverseCompletion(ctx, o.ID, r, o.Body.Fraud)
		return &domain.Result{BonusesToReverse: tiers}, err
	case domain.IssueReward:
		releaseAt, err := d.Wallet.Issue(ctx, o.ID, r, o.Body)
		if errs.Reason(err) == reasonRewardQueued {
			return &domain.Result{Queued: true}, nil
		}
		return &domain.Result{ReleaseAt: releaseAt}, err
	case domain.ReleaseReward:
		return nil, d.Wallet.Release(ctx, o.ID, o.Body)
	case domain.ReverseReward:
		return nil, d.Wallet.Reverse(ctx, o.ID, o.Body)
	case domain.RecordScore:
		return nil, d.Scores.Record(ctx, o.ID, r, o.Body)
	case domain.AssessReferral:
		return d.assess(ctx, r, o)
	case domain.CompleteSelf:
		return nil, nil //nolint:nilnil // the referral itself acts, when the outcome is applied
	default:
		return nil, fmt.Errorf("command %s has kind %q, which this version does not know", o.ID, o.Kind)
	}
}

// recordCompletion tells tier the ladder when tier does not know it, as after the loss of its data or a publication that
// could not reach it.
func (d *Delivery) recordCompletion(ctx context.Context, r *domain.Referral, o domain.Order) (*domain.Result, error) {
	completion, err := d.Tiers.RecordCompletion(ctx, o.ID, r)
	if errs.Reason(err) == reasonLadderUnknown {
		edition, lookupErr := editionOf(ctx, d.Editions, r)
		if lookupErr != nil {
			return nil, lookupErr
		}
		if err := d.Tiers.PutLadder(ctx, edition); err != nil {
			return nil, fmt.Errorf("tell tier the ladder of version %d: %w", edition.Version, err)
		}
		completion, err = d.Tiers.RecordCompletion(ctx, o.ID, r)
	}
	return &domain.Result{Completion: completion}, err
}

func (d *Delivery) assess(ctx context.Context, r *domain.Referral, o domain.Order) (*domain.Result, error) {
	a := Assessment{ProgramID: r.ProgramID, ReferralID: r.ID, ReferrerID: r.ReferrerID, RefereeID: r.RefereeID,
		Code: codeKeyOf(r), OccurredAt: r.CreatedAt}
	if o.Body.Facts != nil {
		a.Facts = *o.Body.Facts
	}
	band, err := d.Fraud.Assess(ctx, a)
	return &domain.Result{Band: band}, err
}

func codeKeyOf(r *domain.Referral) string {
	key, _ := domain.CodeKey(r.Code)
	return key
}

// failed decides between a final no and another attempt. A hold that is not over ends, a reward that waits for budget may
// be paid, a ladder can be told, and what is not found may be on its way through the outbox of another referral, unless this
// one knows that it was refused.
func failed(a *Aggregate, o domain.Order, err error) outbox.Outcome {
	out := outbox.Failed(err)
	switch errs.Reason(err) {
	case reasonHoldNotOver, reasonRewardQueued, reasonLadderUnknown:
		out.State = outbox.StatePending
	case reasonRewardNotFound:
		out.State = unlessRefused(a, o.Body.RewardID)
	case reasonCompletionNotFound:
		out.State = unlessRefused(a, "completion/"+a.ProgramID+"/"+a.ID)
	}
	return out
}

func unlessRefused(a *Aggregate, id string) outbox.State {
	if m, ok := a.Outbox.Get(id); ok && m.State == outbox.StateRefused {
		return outbox.StateRefused
	}
	return outbox.StatePending
}
