package mongostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/refersuite/refersuite/pkg/faultpoint"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/outbox/mongooutbox"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// RedemptionsCollection is the collection of redemptions. It shards by _id.
const RedemptionsCollection = "redemptions"

// droppedFor is how long a redemption is kept that the account refused after it was written: far longer than any attempt.
const droppedFor = 24 * time.Hour

// Redemptions is an app.RedemptionStore and the outbox.Source over it.
type Redemptions struct {
	*mongooutbox.Source
	coll *mongo.Collection
}

// redemption is a redemption as it is stored; the fields of the domain stand beside those added here.
type redemption struct {
	ID         string            `bson:"_id"`
	Version    int64             `bson:"version"`
	Ticket     int               `bson:"ticket"`
	UpdatedAt  time.Time         `bson:"updated_at"`
	DroppedAt  time.Time         `bson:"dropped_at,omitempty"`
	Redemption domain.Redemption `bson:",inline"`
	Outbox     outbox.Box        `bson:"outbox"`
}

// OpenRedemptions returns the redemptions of a database, after it has made sure of their indexes.
func OpenRedemptions(ctx context.Context, db *mongo.Database) (*Redemptions, error) {
	coll := db.Collection(RedemptionsCollection)
	if err := mongox.EnsureIndexes(ctx, coll, redemptionIndexes()...); err != nil {
		return nil, err
	}
	return &Redemptions{Source: mongooutbox.New(coll), coll: coll}, nil
}

// redemptionIndexes serve the lists, the outbox and the removal of what was refused. Documents that are not listed have no
// requested_at.
func redemptionIndexes() []mongo.IndexModel {
	index := func(name string, fields ...string) mongo.IndexModel {
		keys := bson.D{}
		for _, field := range fields {
			keys = append(keys, bson.E{Key: field, Value: 1})
		}
		keys = append(keys, bson.E{Key: "requested_at", Value: -1}, bson.E{Key: "_id", Value: -1})
		return mongo.IndexModel{Keys: keys, Options: options.Index().SetName(name)}
	}
	dropped := mongo.IndexModel{
		Keys: bson.D{{Key: "dropped_at", Value: 1}},
		Options: options.Index().SetName("dropped").SetExpireAfterSeconds(int32(droppedFor / time.Second)).
			SetPartialFilterExpression(bson.D{{Key: "dropped_at", Value: bson.D{{Key: "$exists", Value: true}}}}),
	}
	return append(mongooutbox.Indexes(), index("by_time"), index("by_user", "user_id"), index("by_status", "status"), dropped)
}

// Insert stores a new document.
func (s *Redemptions) Insert(ctx context.Context, d *app.RedemptionDocument) error {
	faultpoint.Reached("redemption.insert.before")
	_, err := s.coll.InsertOne(ctx, toRedemption(d))
	faultpoint.Reached("redemption.insert.after")
	if mongox.IsDuplicate(err) {
		return app.ErrRedemptionExists
	}
	if err != nil {
		return fmt.Errorf("insert redemption %s: %w", d.ID, err)
	}
	return nil
}

// Save replaces the document whose stored version is d.Version-1.
func (s *Redemptions) Save(ctx context.Context, d *app.RedemptionDocument) error {
	faultpoint.Reached("redemption.save.before")
	result, err := s.coll.ReplaceOne(ctx, bson.D{{Key: "_id", Value: d.ID}, {Key: "version", Value: d.Version - 1}}, toRedemption(d))
	faultpoint.Reached("redemption.save.after")
	if err != nil {
		return fmt.Errorf("save redemption %s: %w", d.ID, err)
	}
	if result.MatchedCount == 0 {
		return outbox.ErrConflict
	}
	return nil
}

// Get returns the document as of now.
func (s *Redemptions) Get(ctx context.Context, id string) (*app.RedemptionDocument, error) {
	var stored redemption
	err := s.coll.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&stored)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, app.ErrNoRedemption
	}
	if err != nil {
		return nil, fmt.Errorf("read redemption %s: %w", id, err)
	}
	return stored.document(), nil
}

// RedemptionFilter selects one page of a list; exported for tests that prove the use of an index.
func RedemptionFilter(q app.RedemptionQuery, after app.RedemptionCursor) bson.D {
	filter := bson.D{}
	if q.UserID != "" {
		filter = append(filter, bson.E{Key: "user_id", Value: q.UserID})
	}
	if q.Status != "" {
		filter = append(filter, bson.E{Key: "status", Value: q.Status})
	}
	if after == (app.RedemptionCursor{}) {
		return append(filter, bson.E{Key: "requested_at", Value: bson.D{{Key: "$gt", Value: time.Unix(0, 0)}}})
	}
	return append(filter,
		bson.E{Key: "requested_at", Value: bson.D{{Key: "$gt", Value: time.Unix(0, 0)}, {Key: "$lte", Value: after.RequestedAt}}},
		bson.E{Key: "$or", Value: bson.A{
			bson.D{{Key: "requested_at", Value: bson.D{{Key: "$lt", Value: after.RequestedAt}}}},
			bson.D{{Key: "_id", Value: bson.D{{Key: "$lt", Value: after.ID}}}},
		}})
}

// newestFirst is the order of lists.
var newestFirst = bson.D{{Key: "requested_at", Value: -1}, {Key: "_id", Value: -1}}

// List returns what is listed, newest first.
func (s *Redemptions) List(ctx context.Context, q app.RedemptionQuery, after app.RedemptionCursor, limit int) ([]*app.RedemptionDocument, error) {
	return s.find(ctx, RedemptionFilter(q, after), newestFirst, limit)
}

// OldestOpen returns when the longest open redemption was requested.
func (s *Redemptions) OldestOpen(ctx context.Context) (time.Time, error) {
	var oldest time.Time
	for _, status := range []domain.RedemptionStatus{domain.RedemptionRequested, domain.RedemptionSubmitted} {
		list, err := s.find(ctx, RedemptionFilter(app.RedemptionQuery{Status: status}, app.RedemptionCursor{}),
			bson.D{{Key: "requested_at", Value: 1}, {Key: "_id", Value: 1}}, 1)
		if err != nil {
			return time.Time{}, err
		}
		if len(list) > 0 && (oldest.IsZero() || list[0].RequestedAt.Before(oldest)) {
			oldest = list[0].RequestedAt
		}
	}
	return oldest, nil
}

// Walk returns documents in the order of their ids.
func (s *Redemptions) Walk(ctx context.Context, afterID string, limit int) ([]*app.RedemptionDocument, error) {
	return s.find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: afterID}}}}, bson.D{{Key: "_id", Value: 1}}, limit)
}

func (s *Redemptions) find(ctx context.Context, filter, sort bson.D, limit int) ([]*app.RedemptionDocument, error) {
	cursor, err := s.coll.Find(ctx, filter, options.Find().SetSort(sort).SetLimit(int64(limit)))
	if err != nil {
		return nil, fmt.Errorf("find redemptions: %w", err)
	}
	var stored []redemption
	if err := cursor.All(ctx, &stored); err != nil {
		return nil, fmt.Errorf("read redemptions: %w", err)
	}
	list := make([]*app.RedemptionDocument, len(stored))
	for i := range stored {
		list[i] = stored[i].document()
	}
	return list, nil
}

func toRedemption(d *app.RedemptionDocument) redemption {
	stored := redemption{ID: d.ID, Version: d.Version, Ticket: d.Ticket, UpdatedAt: d.UpdatedAt, Redemption: d.Redemption, Outbox: d.Outbox}
	if d.Status == domain.RedemptionDropped {
		stored.DroppedAt = d.UpdatedAt
	}
	return stored
}

func (s *redemption) document() *app.RedemptionDocument {
	d := &app.RedemptionDocument{Redemption: s.Redemption, Version: s.Version, Ticket: s.Ticket, UpdatedAt: s.UpdatedAt, Outbox: s.Outbox}
	d.ID = s.ID
	return d
}
