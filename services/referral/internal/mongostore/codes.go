package mongostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Codes is an app.CodeStore: one document per code, whose _id is its key, for ever.
type Codes struct{ coll *mongo.Collection }

type code struct {
	ID   string      `bson:"_id"`
	Code domain.Code `bson:",inline"`
}

// Put stores a new code. After an unknown outcome it reads back.
func (s *Codes) Put(ctx context.Context, c domain.Code) error {
	_, err := s.coll.InsertOne(ctx, code{ID: c.Key, Code: c})
	if err == nil {
		return nil
	}
	if mongox.IsDuplicate(err) {
		return app.ErrExists
	}
	err = writeError(err)
	if errs.Reason(err) != errs.ReasonOutcomeUnknown {
		return fmt.Errorf("store code: %w", err)
	}
	stored, findErr := s.Get(ctx, c.Key)
	switch {
	case findErr != nil:
		return err
	case stored == c:
		return nil
	default:
		return app.ErrExists
	}
}

// Get returns the code.
func (s *Codes) Get(ctx context.Context, key string) (domain.Code, error) {
	var c code
	err := s.coll.FindOne(ctx, bson.D{{Key: "_id", Value: key}}).Decode(&c)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return domain.Code{}, app.ErrNotFound
	}
	if err != nil {
		return domain.Code{}, fmt.Errorf("read code: %w", err)
	}
	return c.Code, nil
}

// Disable marks the code as disabled.
func (s *Codes) Disable(ctx context.Context, key string) (domain.Code, error) {
	result, err := s.coll.UpdateOne(ctx, bson.D{{Key: "_id", Value: key}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "disabled", Value: true}}}})
	if err != nil {
		return domain.Code{}, writeError(err)
	}
	if result.MatchedCount == 0 {
		return domain.Code{}, app.ErrNotFound
	}
	return s.Get(ctx, key)
}

// OwnerFilter selects recent codes of an owner; exported for tests that prove the use of an index.
func OwnerFilter(ownerID string, since time.Time) bson.D {
	return bson.D{{Key: "owner_id", Value: ownerID}, {Key: "created_at", Value: bson.D{{Key: "$gte", Value: since}}}}
}

// CountSince counts the codes of an owner made at or after since, up to limit.
func (s *Codes) CountSince(ctx context.Context, ownerID string, since time.Time, limit int) (int, error) {
	n, err := s.coll.CountDocuments(ctx, OwnerFilter(ownerID, since), options.Count().SetLimit(int64(limit)))
	if err != nil {
		return 0, fmt.Errorf("count codes: %w", err)
	}
	return int(n), nil
}
