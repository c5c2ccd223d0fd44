package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// RedemptionRecords is the RedemptionWalk over the documents of a store.
type RedemptionRecords struct {
	Store interface {
		// Walk returns documents of any status in the order of their ids, those after the given id, at most limit.
		Walk(ctx context.Context, afterID string, limit int) ([]*RedemptionDocument, error)
	}
}

// redemptionPage is how many documents are read at a time.
const redemptionPage = 500

// WalkRedemptions implements RedemptionWalk.
func (r RedemptionRecords) WalkRedemptions(ctx context.Context, visit func(domain.RedemptionRecord) error) error {
	after := ""
	for {
		page, err := r.Store.Walk(ctx, after, redemptionPage)
		if err != nil {
			return err
		}
		for _, d := range page {
			if err := visit(d.record()); err != nil {
				return err
			}
			after = d.ID
		}
		if len(page) < redemptionPage {
			return nil
		}
	}
}

// record is what the document claims.
func (d *RedemptionDocument) record() domain.RedemptionRecord {
	settle, ok := d.Outbox.Get(settleID)
	return d.Record("redemptions/"+d.ID, d.UpdatedAt, ok && settle.State == outbox.StatePending)
}
