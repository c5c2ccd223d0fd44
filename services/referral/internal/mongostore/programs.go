package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Programs is an app.ProgramStore: one document per draft.
type Programs struct{ coll *mongo.Collection }

type program struct {
	ID      string         `bson:"_id"`
	Program domain.Program `bson:",inline"`
}

// Put stores a draft, or returns the one that exists already. A draft found after an unknown outcome counts as existing.
func (s *Programs) Put(ctx context.Context, p domain.Program) (domain.Program, error) {
	_, err := s.coll.InsertOne(ctx, program{ID: p.ID, Program: p})
	if err == nil {
		return p, nil
	}
	err = writeError(err)
	if !mongox.IsDuplicate(err) && errs.Reason(err) != errs.ReasonOutcomeUnknown {
		return domain.Program{}, fmt.Errorf("store programme: %w", err)
	}
	stored, findErr := s.Get(ctx, p.ID)
	if findErr != nil {
		return domain.Program{}, errs.OutcomeUnknown(errors.Join(err, findErr))
	}
	return stored, app.ErrExists
}

// Get returns the draft.
func (s *Programs) Get(ctx context.Context, id string) (domain.Program, error) {
	var p program
	err := s.coll.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&p)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return domain.Program{}, app.ErrNotFound
	}
	if err != nil {
		return domain.Program{}, fmt.Errorf("read programme %s: %w", id, err)
	}
	return p.Program, nil
}

// List returns drafts by id.
func (s *Programs) List(ctx context.Context, after string, limit int) ([]domain.Program, error) {
	cursor, err := s.coll.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)))
	if err != nil {
		return nil, fmt.Errorf("list programmes: %w", err)
	}
	var docs []program
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read programmes: %w", err)
	}
	list := make([]domain.Program, len(docs))
	for i := range docs {
		list[i] = docs[i].Program
	}
	return list, nil
}
