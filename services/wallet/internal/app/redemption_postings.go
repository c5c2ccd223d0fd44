package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

const (
	redeemSchema = "wallet.redeem.v1"
	settleSchema = "wallet.settle_redemption.v1"
)

// postRequest sets the amount of a redemption aside, once.
func (r *Redemptions) postRequest(ctx context.Context, d *RedemptionDocument) (Posted, error) {
	x, limits := d.Redemption, r.Limits.For(d.Currency)
	day := domain.DayStart(r.Clock.Now(), r.Zone)
	results, err := r.Log.Append(ctx, chain.Append[domain.Line]{
		Key: domain.AccountKey(x.UserID, x.Currency),
		Command: command.New(domain.RedeemID(x.ID), redeemSchema,
			command.String("user", x.UserID),
			command.Int64("amount", x.Amount),
			command.String("currency", x.Currency),
			command.String("destination", x.Destination),
		),
		Step: postingStep(func(b domain.Balances) (domain.Posting, error) { return x.Request(b, limits, day) }),
	})
	if err != nil {
		return Posted{}, explainRedemption(x.ID, err)
	}
	return posted(results[0].Entry, results[0].Replayed)
}

// post posts the end of a redemption that is settled, once; nothing for one that is not. The command is the same whatever the
// end is, and its contents are the end, so the chain refuses a second one.
func (r *Redemptions) post(ctx context.Context, d *RedemptionDocument) error {
	if !d.Status.Settled() {
		return nil
	}
	x, key := d.Redemption, domain.AccountKey(d.UserID, d.Currency)
	entry, found, err := r.Log.Find(ctx, key, domain.RedeemID(x.ID))
	if err != nil {
		return err
	}
	if !found || entry.Body.Posting == nil {
		return errs.New(errs.Internal, "LEDGER_CORRUPT", "redemption %q is %s and %s does not know it", x.ID, x.Status, key)
	}
	requested := *entry.Body.Posting
	_, err = r.Log.Append(ctx, chain.Append[domain.Line]{
		Key:     key,
		Command: command.New(domain.SettleID(domain.RedeemID(x.ID)), settleSchema, command.String("outcome", string(x.Status))),
		Step:    postingStep(func(b domain.Balances) (domain.Posting, error) { return x.End(b, requested) }),
	})
	return explainRedemption(x.ID, err)
}

// endOf returns the final state that the chain knows of a redemption; empty when there is none.
func (r *Redemptions) endOf(ctx context.Context, d *RedemptionDocument) (domain.RedemptionStatus, error) {
	entry, found, err := r.Log.Find(ctx, domain.AccountKey(d.UserID, d.Currency), domain.SettleID(domain.RedeemID(d.ID)))
	if err != nil || !found || entry.Body.Posting == nil {
		return "", err
	}
	switch entry.Body.Posting.Kind {
	case domain.PostingRedemptionPaid:
		return domain.RedemptionPaid, nil
	case domain.PostingRedemptionFailed:
		return domain.RedemptionFailed, nil
	case domain.PostingRedemptionCancelled:
		return domain.RedemptionCancelled, nil
	default:
		return "", nil
	}
}
