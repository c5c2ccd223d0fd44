package mongostore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// Count implements app.Store. What is asked, at most three questions, is asked at once; each reads a bounded stretch of one
// index. Rows are fetched and counted here, since a plain find costs an engine a fraction of a counting pipeline.
func (s *Store) Count(ctx context.Context, f domain.Facts) (domain.Counts, error) {
	var c domain.Counts
	var referrerErr, deviceErr, addressErr error
	var group sync.WaitGroup
	if f.Device != "" {
		group.Go(func() {
			c.DevicePeople, c.DeviceSignups, deviceErr = tally(ctx, s.sightings, deviceFilter(f), people(), within(f, domain.DeviceWindow))
		})
	}
	if f.Address != "" {
		group.Go(func() {
			c.AddressPeople, c.AddressSignups, addressErr = tally(ctx, s.sightings, addressFilter(f), people(), within(f, domain.VelocityWindow))
		})
	}
	c.ReferrerReferrals, c.CodeReferrals, referrerErr = tally(ctx, s.assessments, referrerFilter(f), referrals(),
		func(r row) bool { return f.Code != "" && r.Code == f.Code })
	group.Wait()
	return c, errors.Join(referrerErr, deviceErr, addressErr)
}

// row is what is read to be counted.
type row struct {
	OccurredAt time.Time `bson:"occurred_at"`
	Code       string    `bson:"code"`
}

// people reads the newest sightings.
func people() *options.FindOptionsBuilder {
	return options.Find().SetLimit(domain.MaxPeople).SetSort(bson.D{{Key: "occurred_at", Value: -1}}).
		SetProjection(bson.D{{Key: "_id", Value: 0}, {Key: "occurred_at", Value: 1}})
}

// referrals reads any referrals of the window: beyond the limit it does not matter which.
func referrals() *options.FindOptionsBuilder {
	return options.Find().SetLimit(domain.MaxReferrals).SetBatchSize(domain.MaxReferrals + 1).
		SetProjection(bson.D{{Key: "_id", Value: 0}, {Key: "code", Value: 1}})
}

// within reports whether a row falls into the window that ends when the referral occurred.
func within(f domain.Facts, window time.Duration) func(row) bool {
	begin := f.OccurredAt.Add(-window)
	return func(r row) bool { return r.OccurredAt.After(begin) && !r.OccurredAt.After(f.OccurredAt) }
}

// tally counts the rows of a filter, and those among them of a narrower kind.
func tally(ctx context.Context, coll *mongo.Collection, filter bson.D, opts *options.FindOptionsBuilder, narrower func(row) bool,
) (all, some int, err error) {
	cursor, err := coll.Find(ctx, filter, opts)
	if err != nil {
		return 0, 0, fmt.Errorf("count in %s: %w", coll.Name(), err)
	}
	var rows []row
	if err := cursor.All(ctx, &rows); err != nil {
		return 0, 0, fmt.Errorf("count in %s: %w", coll.Name(), err)
	}
	for _, r := range rows {
		if narrower(r) {
			some++
		}
	}
	return len(rows), some, nil
}

func referrerFilter(f domain.Facts) bson.D {
	return bson.D{
		{Key: "program", Value: f.ProgramID}, {Key: "referrer", Value: f.ReferrerID},
		{Key: "occurred_at", Value: bson.D{{Key: "$gt", Value: f.OccurredAt.Add(-domain.VelocityWindow)}, {Key: "$lte", Value: f.OccurredAt}}},
	}
}

func deviceFilter(f domain.Facts) bson.D {
	return bson.D{
		{Key: "program", Value: f.ProgramID}, {Key: "device", Value: string(f.Device)},
		{Key: "referee", Value: bson.D{{Key: "$ne", Value: f.RefereeID}}},
	}
}

func addressFilter(f domain.Facts) bson.D {
	return bson.D{
		{Key: "program", Value: f.ProgramID}, {Key: "address", Value: string(f.Address)},
		{Key: "occurred_at", Value: bson.D{{Key: "$gt", Value: f.OccurredAt.Add(-domain.AddressMemory)}}},
		{Key: "referee", Value: bson.D{{Key: "$ne", Value: f.RefereeID}}},
	}
}
