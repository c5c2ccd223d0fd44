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
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// LadderCollection is the collection of ladders. Ladders are few and small, and are not sharded.
const LadderCollection = "ladders"

// ladderDoc is a ladder. The order of _id, <program>/<version, 12 digits>, is the order of versions.
type ladderDoc struct {
	ID     string        `json:"_id"`
	Schema int           `json:"schema"`
	Ladder domain.Ladder `json:"ladder"`
}

const ladderSchema = 1

// Ladders implements app.Ladders.
type Ladders struct{ coll *mongo.Collection }

// OpenLadders returns the ladders of a database, after it has made sure of the collection.
func OpenLadders(ctx context.Context, db *mongo.Database) (*Ladders, error) {
	coll := db.Collection(LadderCollection)
	if err := mongox.EnsureIndexes(ctx, coll); err != nil {
		return nil, err
	}
	return &Ladders{coll: coll}, nil
}

func ladderID(program string, version int64) string { return fmt.Sprintf("%s/%012d", program, version) }

// Put stores a ladder unless one is stored, and returns the one that is stored then.
func (s *Ladders) Put(ctx context.Context, l domain.Ladder) (domain.Ladder, error) {
	_, err := s.coll.InsertOne(ctx, ladderDoc{ID: ladderID(l.ProgramID, l.Version), Schema: ladderSchema, Ladder: l})
	switch {
	case err == nil:
		return l, nil
	case mongox.IsUnknownOutcome(err):
		return domain.Ladder{}, errs.OutcomeUnknown(err)
	case !mongox.IsDuplicate(err):
		return domain.Ladder{}, fmt.Errorf("insert ladder: %w", err)
	}
	stored, ok, err := s.Get(ctx, l.ProgramID, l.Version)
	if err == nil && !ok {
		err = fmt.Errorf("ladder %s is stored and cannot be found", ladderID(l.ProgramID, l.Version))
	}
	return stored, err
}

// Get returns the ladder of a version.
func (s *Ladders) Get(ctx context.Context, program string, version int64) (domain.Ladder, bool, error) {
	return one(s.coll.FindOne(ctx, bson.D{{Key: "_id", Value: ladderID(program, version)}}))
}

// Latest returns the ladder of the highest version.
func (s *Ladders) Latest(ctx context.Context, program string) (domain.Ladder, bool, error) {
	return one(s.coll.FindOne(ctx, versionsOf(program), options.FindOne().SetSort(bson.D{{Key: "_id", Value: -1}})))
}

// versionsOf selects the ladders of a programme; '0' follows '/'.
func versionsOf(program string) bson.D {
	return bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: program + "/"}, {Key: "$lt", Value: program + "0"}}}}
}

func one(result *mongo.SingleResult) (domain.Ladder, bool, error) {
	var doc ladderDoc
	err := result.Decode(&doc)
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return domain.Ladder{}, false, nil
	case err != nil:
		return domain.Ladder{}, false, fmt.Errorf("find ladder: %w", err)
	default:
		return doc.Ladder, true, nil
	}
}
