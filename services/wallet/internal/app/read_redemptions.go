package app

import (
	"context"

	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Get returns a redemption of a person. One of somebody else is not found.
func (r *Redemptions) Get(ctx context.Context, user, id string) (domain.Redemption, error) {
	d, err := r.document(ctx, user, id)
	if err != nil {
		return domain.Redemption{}, err
	}
	return d.Redemption, nil
}

// List returns at most limit redemptions that a query selects, newest first, those after the cursor. More says that older
// ones follow.
func (r *Redemptions) List(ctx context.Context, q RedemptionQuery, after RedemptionCursor, limit int) (list []domain.Redemption, more bool, err error) {
	documents, err := r.Store.List(ctx, q, after, limit+1)
	if err != nil {
		return nil, false, unreadableRedemptions(err)
	}
	if more = len(documents) > limit; more {
		documents = documents[:limit]
	}
	for _, d := range documents {
		list = append(list, d.Redemption)
	}
	return list, more, nil
}
