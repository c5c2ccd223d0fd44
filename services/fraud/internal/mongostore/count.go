package mongostore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// Count implements app.Store. What is asked, at most three questions, is asked at once; each reads a bounded stretch of one
// index.
func (s *Store) Count(ctx context.Context, f domain.Facts) (domain.Counts, error) {
	var c domain.Counts
	var referrerErr, deviceErr, addressErr error
	var group sync.WaitGroup
	if f.Device != "" {
		group.Go(func() {
			c.DevicePeople, c.DeviceSignups, deviceErr = tally(ctx, s.sightings, devicePipeline(f))
		})
	}
	if f.Address != "" {
		group.Go(func() {
			c.AddressPeople, c.AddressSignups, addressErr = tally(ctx, s.sightings, addressPipeline(f))
		})
	}
	c.ReferrerReferrals, c.CodeReferrals, referrerErr = tally(ctx, s.assessments, referrerPipeline(f))
	group.Wait()
	return c, errors.Join(referrerErr, deviceErr, addressErr)
}

// tally runs a counting pipeline: how many rows, and how many of them are of the narrower kind.
func tally(ctx context.Context, coll *mongo.Collection, pipeline mongo.Pipeline) (all, some int, err error) {
	cursor, err := coll.Aggregate(ctx, pipeline)
	if err != nil {
		return 0, 0, fmt.Errorf("count in %s: %w", coll.Name(), err)
	}
	var rows []struct {
		All  int `bson:"all"`
		Some int `bson:"some"`
	}
	if err := cursor.All(ctx, &rows); err != nil {
		return 0, 0, fmt.Errorf("count in %s: %w", coll.Name(), err)
	}
	if len(rows) == 0 {
		return 0, 0, nil
	}
	return rows[0].All, rows[0].Some, nil
}

func referrerPipeline(f domain.Facts) mongo.Pipeline {
	sameCode := bson.D{{Key: "$eq", Value: bson.A{"$code", f.Code}}}
	if f.Code == "" {
		sameCode = bson.D{{Key: "$eq", Value: bson.A{0, 1}}}
	}
	return pipeline(referrerFilter(f), domain.MaxReferrals, sameCode)
}

func referrerFilter(f domain.Facts) bson.D {
	return bson.D{
		{Key: "program", Value: f.ProgramID}, {Key: "referrer", Value: f.ReferrerID},
		{Key: "occurred_at", Value: bson.D{{Key: "$gt", Value: f.OccurredAt.Add(-domain.VelocityWindow)}, {Key: "$lte", Value: f.OccurredAt}}},
	}
}

func devicePipeline(f domain.Facts) mongo.Pipeline {
	return pipeline(deviceFilter(f), domain.MaxPeople, inWindow(f, domain.DeviceWindow))
}

func deviceFilter(f domain.Facts) bson.D {
	return bson.D{
		{Key: "program", Value: f.ProgramID}, {Key: "device", Value: string(f.Device)},
		{Key: "referee", Value: bson.D{{Key: "$ne", Value: f.RefereeID}}},
	}
}

func addressPipeline(f domain.Facts) mongo.Pipeline {
	return pipeline(addressFilter(f), domain.MaxPeople, inWindow(f, domain.VelocityWindow))
}

func addressFilter(f domain.Facts) bson.D {
	return bson.D{
		{Key: "program", Value: f.ProgramID}, {Key: "address", Value: string(f.Address)},
		{Key: "occurred_at", Value: bson.D{{Key: "$gt", Value: f.OccurredAt.Add(-domain.AddressMemory)}}},
		{Key: "referee", Value: bson.D{{Key: "$ne", Value: f.RefereeID}}},
	}
}

func inWindow(f domain.Facts, window time.Duration) bson.D {
	return bson.D{{Key: "$and", Value: bson.A{
		bson.D{{Key: "$gt", Value: bson.A{"$occurred_at", f.OccurredAt.Add(-window)}}},
		bson.D{{Key: "$lte", Value: bson.A{"$occurred_at", f.OccurredAt}}},
	}}}
}

// pipeline counts the newest rows of a filter up to a limit, and those among them that satisfy an expression.
func pipeline(filter bson.D, limit int, expression bson.D) mongo.Pipeline {
	return mongo.Pipeline{
		{{Key: "$match", Value: filter}},
		{{Key: "$sort", Value: bson.D{{Key: "occurred_at", Value: -1}}}},
		{{Key: "$limit", Value: limit}},
		{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: nil},
			{Key: "all", Value: bson.D{{Key: "$sum", Value: 1}}},
			{Key: "some", Value: bson.D{{Key: "$sum", Value: bson.D{{Key: "$cond", Value: bson.A{expression, 1, 0}}}}}},
		}}},
	}
}
