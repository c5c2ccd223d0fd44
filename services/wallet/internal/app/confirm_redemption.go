package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Confirm records by hand what became of a submitted payout. Idempotent: a redemption that was settled so is returned with
// replayed true. One that is being handed to the provider at this moment cannot be told to have failed.
func (r *Redemptions) Confirm(ctx context.Context, id string, o domain.RedemptionOutcome) (_ domain.Redemption, replayed bool, err error) {
	if o.Status == domain.RedemptionFailed && o.Reason == "" {
		return domain.Redemption{}, false, errs.Invalid(ReasonReasonRequired, "reason", "say why the payout failed")
	}
	if o.Status == domain.RedemptionPaid {
		o.Reason = ""
	}
	return r.end(ctx, "", id, o, func(d *RedemptionDocument) error {
		if o.Status == domain.RedemptionFailed && d.Status == domain.RedemptionSubmitted && d.submitting(r.Clock.Now()) {
			return errs.New(errs.Aborted, ReasonPayoutInFlight,
				"redemption %q is being handed to the payout provider right now: send the same request again in a minute", id)
		}
		return nil
	})
}
