// Package mongostore keeps assessments and sightings in MongoDB, or in another engine of its protocol.
package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/services/fraud/internal/app"
	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// The collections.
const (
	Assessments = "assessments"
	Sightings   = "sightings"
)

// Store is an app.Store on two collections of one database. Writes of many callers share round trips.
type Store struct {
	assessments, sightings *mongo.Collection
	newAssessments         *mongox.Inserter[assessmentDoc]
	newSightings           *mongox.Inserter[sightingDoc]
}

var _ app.Store = (*Store)(nil)

// New returns a store on a database and creates the indexes that are missing. Close must be called at the end.
func New(ctx context.Context, db *mongo.Database, opts mongox.BatchOptions) (*Store, error) {
	s := &Store{assessments: db.Collection(Assessments), sightings: db.Collection(Sightings)}
	if err := mongox.EnsureIndexes(ctx, s.assessments, assessmentIndexes()...); err != nil {
		return nil, err
	}
	if err := mongox.EnsureIndexes(ctx, s.sightings, sightingIndexes()...); err != nil {
		return nil, err
	}
	var err error
	if s.newAssessments, err = mongox.NewInserter[assessmentDoc](s.assessments, mongox.InserterOptions{BatchOptions: opts}); err != nil {
		return nil, err
	}
	s.newSightings, err = mongox.NewInserter[sightingDoc](s.sightings, mongox.InserterOptions{BatchOptions: opts, Idempotent: true})
	if err != nil {
		return nil, errors.Join(err, s.newAssessments.Close(ctx))
	}
	return s, nil
}

// Close waits for writes under way.
func (s *Store) Close(ctx context.Context) error {
	return errors.Join(s.newAssessments.Close(ctx), s.newSightings.Close(ctx))
}

// assessmentIndexes serve the count of a referrer's referrals and the lists. Hardly any assessment is flagged, so the list of
// one band costs the others nothing.
func assessmentIndexes() []mongo.IndexModel {
	return []mongo.IndexModel{
		{
			Keys:    bson.D{{Key: "program", Value: 1}, {Key: "referrer", Value: 1}, {Key: "occurred_at", Value: -1}, {Key: "code", Value: 1}},
			Options: options.Index().SetName("referrer_velocity"),
		},
		{
			Keys:    bson.D{{Key: "program", Value: 1}, {Key: "assessed_at", Value: -1}, {Key: "_id", Value: -1}},
			Options: options.Index().SetName("newest"),
		},
		{
			Keys: bson.D{{Key: "program", Value: 1}, {Key: "band", Value: 1}, {Key: "assessed_at", Value: -1}, {Key: "_id", Value: -1}},
			Options: options.Index().SetName("newest_flagged").
				SetPartialFilterExpression(bson.D{{Key: "flagged", Value: true}}),
		},
	}
}

// sightingIndexes serve the counts of people on a device and at an address.
func sightingIndexes() []mongo.IndexModel {
	index := func(field string) mongo.IndexModel {
		return mongo.IndexModel{
			Keys: bson.D{{Key: "program", Value: 1}, {Key: field, Value: 1}, {Key: "occurred_at", Value: -1}, {Key: "referee", Value: 1}},
			Options: options.Index().SetName(field + "_people").
				SetPartialFilterExpression(bson.D{{Key: field, Value: bson.D{{Key: "$exists", Value: true}}}}),
		}
	}
	return []mongo.IndexModel{index("device"), index("address")}
}

// Get implements app.Store.
func (s *Store) Get(ctx context.Context, referralID string) (domain.Assessment, bool, error) {
	var doc assessmentDoc
	err := s.assessments.FindOne(ctx, byID(referralID)).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return domain.Assessment{}, false, nil
	}
	if err != nil {
		return domain.Assessment{}, false, fmt.Errorf("find assessment %s: %w", referralID, err)
	}
	a, err := doc.assessment()
	return a, err == nil, err
}

// List implements app.Store.
func (s *Store) List(ctx context.Context, q app.Query, limit int) ([]domain.Assessment, error) {
	cursor, err := s.assessments.Find(ctx, listFilter(q), options.Find().SetLimit(int64(limit)).
		SetSort(bson.D{{Key: "assessed_at", Value: -1}, {Key: "_id", Value: -1}}))
	if err != nil {
		return nil, fmt.Errorf("list assessments of %s: %w", q.ProgramID, err)
	}
	var docs []assessmentDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("list assessments of %s: %w", q.ProgramID, err)
	}
	list := make([]domain.Assessment, len(docs))
	for i := range docs {
		if list[i], err = docs[i].assessment(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func listFilter(q app.Query) bson.D {
	filter := bson.D{{Key: "program", Value: q.ProgramID}}
	if q.Band != "" {
		filter = append(filter, bson.E{Key: "band", Value: string(q.Band)})
		if q.Band != domain.BandAllow {
			filter = append(filter, bson.E{Key: "flagged", Value: true})
		}
	}
	if q.After == (app.Position{}) {
		return filter
	}
	at := bson.DateTime(q.After.AssessedAt)
	return append(filter,
		bson.E{Key: "assessed_at", Value: bson.D{{Key: "$lte", Value: at}}},
		bson.E{Key: "$or", Value: bson.A{
			bson.D{{Key: "assessed_at", Value: bson.D{{Key: "$lt", Value: at}}}},
			bson.D{{Key: "assessed_at", Value: at}, {Key: "_id", Value: bson.D{{Key: "$lt", Value: q.After.ReferralID}}}},
		}})
}
