// Package mongooutbox is the outbox.Source over a MongoDB collection. Its documents belong to a service; they carry _id (a
// string), version (int64, one higher with every write) and outbox (an outbox.Box).
package mongooutbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/refersuite/refersuite/pkg/faultpoint"
	"github.com/refersuite/refersuite/pkg/outbox"
)

// horizon is how far ahead the due time of a box with pending messages can lie: the longest backoff, or a lease. Boxes due
// later only wait for a time to come.
const horizon = outbox.MaxDelay

// redriveAttempts bounds how often a redrive repeats after losing a race.
const redriveAttempts = 10

// Source implements outbox.Source.
type Source struct {
	coll *mongo.Collection
}

// New returns a source over a collection that has the Indexes. Leases must not be longer than outbox.MaxDelay.
func New(coll *mongo.Collection) *Source { return &Source{coll: coll} }

// Indexes are the indexes that the collection needs. They hold only documents with something to deliver.
func Indexes() []mongo.IndexModel {
	partial := func(field, name string) mongo.IndexModel {
		return mongo.IndexModel{
			Keys: bson.D{{Key: field, Value: 1}},
			Options: options.Index().SetName(name).
				SetPartialFilterExpression(bson.D{{Key: field, Value: bson.D{{Key: "$exists", Value: true}}}}),
		}
	}
	return []mongo.IndexModel{partial("outbox.due_at", "outbox_due"), partial("outbox.parked_at", "outbox_parked")}
}

// DueFilter selects the boxes that are due; exported for tests that prove the use of the index.
func DueFilter(now time.Time) bson.D {
	return bson.D{{Key: "outbox.due_at", Value: bson.D{{Key: "$exists", Value: true}, {Key: "$lte", Value: now}}}}
}

// ParkedFilter selects the boxes with parked messages; exported for tests that prove the use of the index.
func ParkedFilter() bson.D {
	return bson.D{{Key: "outbox.parked_at", Value: bson.D{{Key: "$exists", Value: true}}}}
}

// Lease implements outbox.Source. Each box is taken by one findOneAndUpdate, which also increments the version, so that
// whoever loaded the aggregate before has to load it again.
func (s *Source) Lease(ctx context.Context, now time.Time, ttl time.Duration, token string, limit int) ([]outbox.Lease, error) {
	end := now.Add(ttl).Truncate(time.Millisecond)
	update := bson.D{
		{Key: "$set", Value: bson.D{{Key: "outbox.due_at", Value: end}, {Key: "outbox.lease", Value: token}}},
		{Key: "$inc", Value: bson.D{{Key: "version", Value: int64(1)}}},
	}
	opts := options.FindOneAndUpdate().
		SetSort(bson.D{{Key: "outbox.due_at", Value: 1}}).
		SetProjection(bson.D{{Key: "_id", Value: 1}})
	var leases []outbox.Lease
	for len(leases) < limit {
		var doc struct {
			ID string `bson:"_id"`
		}
		err := s.coll.FindOneAndUpdate(ctx, DueFilter(now), update, opts).Decode(&doc)
		if errors.Is(err, mongo.ErrNoDocuments) {
			break
		}
		if err != nil {
			// What was taken so far is held and is delivered; a box taken by a lost reply runs out.
			if len(leases) > 0 {
				return leases, nil
			}
			return nil, fmt.Errorf("lease a due box of %s: %w", s.coll.Name(), err)
		}
		faultpoint.Reached("after lease") // none before: an idle relay asks all the time
		leases = append(leases, outbox.Lease{AggregateID: doc.ID, Token: token, DueAt: end})
	}
	return leases, nil
}

// document is the part of an aggregate that the source reads.
type document struct {
	ID      string     `bson:"_id"`
	Version int64      `bson:"version"`
	Outbox  outbox.Box `bson:"outbox"`
}

// Parked implements outbox.Source.
func (s *Source) Parked(ctx context.Context, limit int) ([]outbox.Parked, error) {
	if limit <= 0 {
		return nil, nil
	}
	cursor, err := s.coll.Find(ctx, ParkedFilter(), options.Find().
		SetSort(bson.D{{Key: "outbox.parked_at", Value: 1}}).SetLimit(int64(limit)).
		SetProjection(bson.D{{Key: "version", Value: 1}, {Key: "outbox", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("find parked commands of %s: %w", s.coll.Name(), err)
	}
	var docs []document
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read parked commands of %s: %w", s.coll.Name(), err)
	}
	var parked []outbox.Parked
	for _, doc := range docs {
		for _, m := range doc.Outbox.Messages {
			if m.State == outbox.StateParked && len(parked) < limit {
				parked = append(parked, outbox.Parked{AggregateID: doc.ID, Message: m})
			}
		}
	}
	return parked, nil
}

// Redrive implements outbox.Source.
func (s *Source) Redrive(ctx context.Context, aggregateID, messageID string, now time.Time) (bool, error) {
	for range redriveAttempts {
		var doc document
		err := s.coll.FindOne(ctx, bson.D{{Key: "_id", Value: aggregateID}},
			options.FindOne().SetProjection(bson.D{{Key: "version", Value: 1}, {Key: "outbox", Value: 1}})).Decode(&doc)
		if errors.Is(err, mongo.ErrNoDocuments) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("load %s to redrive a command: %w", aggregateID, err)
		}
		if !doc.Outbox.Redrive(messageID, now) {
			return false, nil
		}
		faultpoint.Reached("before redrive")
		result, err := s.coll.UpdateOne(ctx,
			bson.D{{Key: "_id", Value: aggregateID}, {Key: "version", Value: doc.Version}},
			bson.D{
				{Key: "$set", Value: bson.D{{Key: "outbox", Value: doc.Outbox}}},
				{Key: "$inc", Value: bson.D{{Key: "version", Value: int64(1)}}},
			})
		faultpoint.Reached("after redrive")
		if err != nil {
			return false, fmt.Errorf("redrive a command of %s; send the same request again: %w", aggregateID, err)
		}
		if result.MatchedCount == 1 {
			return true, nil
		}
	}
	return false, fmt.Errorf("redrive a command of %s: %w", aggregateID, outbox.ErrConflict)
}
