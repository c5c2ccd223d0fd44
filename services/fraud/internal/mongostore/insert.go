package mongostore

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// attempts bounds how often an insert of unknown outcome is sent.
const attempts = 3

// Insert implements app.Store.
func (s *Store) Insert(ctx context.Context, a domain.Assessment) (bool, error) {
	return insertOnce(ctx, s.assessments, a.Facts.ReferralID, assessmentToDoc(a))
}

// Sight implements app.Store.
func (s *Store) Sight(ctx context.Context, seen domain.Sighting) error {
	_, err := insertOnce(ctx, s.sightings, seen.ReferralID, sightingToDoc(seen))
	return err
}

// insertOnce inserts a document unless its id is taken. An insert whose outcome is unknown is sent again: if it happened after
// all, the document is found under its id and reported as taken, which every caller treats as a replay.
func insertOnce(ctx context.Context, coll *mongo.Collection, id string, doc any) (bool, error) {
	var err error
	for range attempts {
		_, err = coll.InsertOne(ctx, doc)
		switch {
		case err == nil:
			return true, nil
		case mongox.IsDuplicate(err):
			return false, nil
		case !mongox.IsUnknownOutcome(err) || ctx.Err() != nil:
			return false, unknown(coll, id, err)
		}
	}
	return false, unknown(coll, id, err)
}

func unknown(coll *mongo.Collection, id string, err error) error {
	err = fmt.Errorf("insert %s into %s: %w", id, coll.Name(), err)
	if mongox.IsUnknownOutcome(err) {
		return errs.OutcomeUnknown(err)
	}
	return err
}

// byID selects one document.
func byID(id string) bson.D { return bson.D{{Key: "_id", Value: id}} }
