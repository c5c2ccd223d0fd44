package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// ReasonCancelled is the reason in a redemption that was cancelled.
const ReasonCancelled = "CANCELLED"

// Cancel cancels a redemption of a person that was not submitted yet. The document decides between this and the submission.
// Idempotent: a redemption that was cancelled is returned with replayed true.
func (r *Redemptions) Cancel(ctx context.Context, user, id, actor, trace string) (_ domain.Redemption, replayed bool, err error) {
	outcome := domain.RedemptionOutcome{Status: domain.RedemptionCancelled, Reason: ReasonCancelled, Actor: actor, TraceID: trace}
	return r.end(ctx, user, id, outcome, nil)
}

// end settles a redemption. Allowed may refuse a document that it looks at.
func (r *Redemptions) end(ctx context.Context, user, id string, o domain.RedemptionOutcome, allowed func(*RedemptionDocument) error) (_ domain.Redemption, replayed bool, err error) {
	d, changed, err := r.change(ctx, user, id, func(d *RedemptionDocument) (bool, error) {
		if allowed != nil {
			if err := allowed(d); err != nil {
				return false, err
			}
		}
		changed, err := d.settle(o, r.Clock.Now(), outbox.TraceOf(ctx))
		return changed, explainRedemption(id, err)
	})
	if err != nil {
		return domain.Redemption{}, false, err
	}
	if m, ok := d.Outbox.Get(settleID); !changed && ok && m.State != outbox.StateDone {
		err = r.post(ctx, d) // the one who settled it may have died before
	}
	return d.Redemption, !changed, err
}
