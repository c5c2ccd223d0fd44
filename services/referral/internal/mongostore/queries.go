package mongostore

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// ListFilter selects one page of a list of one status; exported for tests that prove the use of an index.
func ListFilter(q app.ListQuery, after app.Cursor) bson.D {
	filter := bson.D{{Key: "program_id", Value: q.ProgramID}, {Key: "referrer_id", Value: q.ReferrerID}, {Key: "status", Value: q.Status}}
	if after == (app.Cursor{}) {
		return filter
	}
	return append(filter,
		bson.E{Key: "created_at", Value: bson.D{{Key: "$lte", Value: after.CreatedAt}}},
		bson.E{Key: "$or", Value: bson.A{
			bson.D{{Key: "created_at", Value: bson.D{{Key: "$lt", Value: after.CreatedAt}}}},
			bson.D{{Key: "_id", Value: bson.D{{Key: "$lt", Value: after.ID}}}},
		}})
}

// SweepFilter selects what can be moved to EXPIRED; exported for tests that prove the use of an index.
func SweepFilter(now time.Time) bson.D {
	return bson.D{{Key: "sweep_at", Value: bson.D{{Key: "$exists", Value: true}, {Key: "$lte", Value: now}}}}
}

// CountFilter selects what CountByStatus counts; exported for tests that prove the use of an index.
func CountFilter(programID, referrerID string) bson.D {
	return bson.D{{Key: "program_id", Value: programID}, {Key: "referrer_id", Value: referrerID}}
}

// CountByStatus counts the referrals of one referrer.
func (s *Referrals) CountByStatus(ctx context.Context, programID, referrerID string) (app.Counts, error) {
	cursor, err := s.coll.Aggregate(ctx, bson.A{
		bson.D{{Key: "$match", Value: CountFilter(programID, referrerID)}},
		bson.D{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: bson.D{{Key: "status", Value: "$status"}, {Key: "reversed", Value: "$is_reversed"},
				{Key: "rejected", Value: "$is_rejected"}}},
			{Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}},
		}}},
	})
	if err != nil {
		return app.Counts{}, fmt.Errorf("count referrals: %w", err)
	}
	var groups []struct {
		ID struct {
			Status   domain.Status `bson:"status"`
			Reversed bool          `bson:"reversed"`
			Rejected bool          `bson:"rejected"`
		} `bson:"_id"`
		N int64 `bson:"n"`
	}
	if err := cursor.All(ctx, &groups); err != nil {
		return app.Counts{}, fmt.Errorf("read counts: %w", err)
	}
	counts := app.Counts{ByStatus: map[domain.Status]int64{}}
	for _, g := range groups {
		counts.Add(app.Standing(g.ID), g.N)
	}
	return counts, nil
}
