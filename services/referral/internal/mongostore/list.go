package mongostore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// List returns referrals of one referrer, newest first. A list of all statuses is merged from a list of each, up to six
// times the limit of short documents: an index for it would be written again with every save. The lists are read in the
// order of the lifecycle, one after the other, so that a referral that moves meanwhile may be read twice but is not missed.
func (s *Referrals) List(ctx context.Context, q app.ListQuery, after app.Cursor, limit int) ([]*app.Aggregate, error) {
	if q.Status != "" {
		return s.listStatus(ctx, q, after, limit)
	}
	var all []*app.Aggregate
	for _, q.Status = range domain.Lifecycle() {
		list, err := s.listStatus(ctx, q, after, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return newest(all, limit), nil
}

// newest sorts by creation, keeps of what was read twice the later version, and cuts at the limit.
func newest(all []*app.Aggregate, limit int) []*app.Aggregate {
	slices.SortFunc(all, func(a, b *app.Aggregate) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID), cmp.Compare(b.Version, a.Version))
	})
	all = slices.CompactFunc(all, func(a, b *app.Aggregate) bool { return a.ID == b.ID })
	return all[:min(limit, len(all))]
}

func (s *Referrals) listStatus(ctx context.Context, q app.ListQuery, after app.Cursor, limit int) ([]*app.Aggregate, error) {
	opts := options.Find().SetSort(bson.D{{Key: "created_at", Value: -1}, {Key: "_id", Value: -1}}).SetLimit(int64(limit)).
		SetProjection(bson.D{{Key: "history", Value: 0}, {Key: "events", Value: 0}, {Key: "rewards", Value: 0}, {Key: "outbox", Value: 0}})
	cursor, err := s.coll.Find(ctx, ListFilter(q, after), opts)
	if err != nil {
		return nil, fmt.Errorf("list referrals: %w", err)
	}
	var docs []document
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read referrals: %w", err)
	}
	list := make([]*app.Aggregate, len(docs))
	for i := range docs {
		list[i] = docs[i].aggregate()
	}
	return list, nil
}
