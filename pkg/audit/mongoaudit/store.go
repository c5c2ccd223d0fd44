// Package mongoaudit keeps the audit trail in MongoDB. One document per call: written before the call, many calls in one
// round trip, and completed after it in the background.
package mongoaudit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.opentelemetry.io/otel/metric"

	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/mongox"
)

// Collection is the usual name of the collection.
const Collection = "audit"

// document is one entry.
type document struct {
	ID         string    `json:"_id"`
	Method     string    `json:"method"`
	Subject    string    `json:"subject"`
	Roles      []string  `json:"roles,omitempty"`
	RequestID  string    `json:"request_id,omitempty"`
	TraceID    string    `json:"trace_id,omitempty"`
	StartedAt  time.Time `json:"started_at"`
	Targets    []string  `json:"targets,omitempty"`
	FinishedAt time.Time `json:"finished_at,omitempty"`
	Code       string    `json:"code,omitempty"`
	Reason     string    `json:"reason,omitempty"`
}

// Indexes returns what EnsureIndexes must create. The trail is read by _id, newest first; entries age out by started_at.
func Indexes() []mongo.IndexModel {
	newestOf := func(field string) mongo.IndexModel {
		return mongo.IndexModel{Keys: bson.D{{Key: field, Value: 1}, {Key: "_id", Value: -1}}}
	}
	return []mongo.IndexModel{
		newestOf("subject"),
		newestOf("method"),
		{
			Keys:    bson.D{{Key: "started_at", Value: 1}},
			Options: options.Index().SetExpireAfterSeconds(int32(audit.Retention / time.Second)),
		},
	}
}

// Deps is what a Store works with besides its collection; all of it may be nil.
type Deps struct {
	// Logger reports outcomes that are lost.
	Logger *slog.Logger
	// MeterProvider counts them, and gets batch sizes and queue lengths.
	MeterProvider metric.MeterProvider
	// Clock waits between attempts to write outcomes; nil means that of the system.
	Clock clock.Clock
}

// Store is the audit.Store on a collection.
type Store struct {
	coll     *mongo.Collection
	intents  *mongox.Inserter[document]
	outcomes *outcomes
}

var _ audit.Store = (*Store)(nil)

// New returns a store on a collection that has the Indexes. Close ends its goroutines.
func New(coll *mongo.Collection, deps Deps) (*Store, error) {
	intents, err := mongox.NewInserter[document](coll, mongox.InserterOptions{
		BatchOptions: mongox.BatchOptions{MeterProvider: deps.MeterProvider},
		Idempotent:   true,
	})
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	outcomes, err := newOutcomes(coll, deps)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", errors.Join(err, intents.Close(context.Background())))
	}
	return &Store{coll: coll, intents: intents, outcomes: outcomes}, nil
}

// Begin implements audit.Store.
func (s *Store) Begin(ctx context.Context, i audit.Intent) error {
	err := s.intents.Insert(ctx, document{
		ID: i.ID, Method: i.Method, Subject: i.Subject, Roles: i.Roles, RequestID: i.RequestID, TraceID: i.TraceID,
		StartedAt: i.StartedAt, Targets: i.Targets,
	})
	if mongox.IsDuplicate(err) {
		return nil
	}
	return err
}

// End implements audit.Store. The outcome is written in the background.
func (s *Store) End(_ context.Context, outcome audit.Outcome) error { return s.outcomes.add(outcome) }

// List implements audit.Store.
func (s *Store) List(ctx context.Context, query audit.Query) ([]audit.Entry, error) {
	cursor, err := s.coll.Find(ctx, Filter(query),
		options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(int64(query.PageSize())))
	if err != nil {
		return nil, fmt.Errorf("list the audit trail: %w", err)
	}
	var documents []document
	if err := cursor.All(ctx, &documents); err != nil {
		return nil, fmt.Errorf("list the audit trail: %w", err)
	}
	entries := make([]audit.Entry, len(documents))
	for i, d := range documents {
		entries[i] = d.entry()
	}
	return entries, nil
}

// Filter returns the filter of a query, for List and for the test that it is served by an index.
func Filter(query audit.Query) bson.D {
	filter := bson.D{}
	if query.Subject != "" {
		filter = append(filter, bson.E{Key: "subject", Value: query.Subject})
	}
	if query.Method != "" {
		filter = append(filter, bson.E{Key: "method", Value: query.Method})
	}
	if query.Before != "" {
		filter = append(filter, bson.E{Key: "_id", Value: bson.D{{Key: "$lt", Value: query.Before}}})
	}
	return filter
}

func (d document) entry() audit.Entry {
	entry := audit.Entry{
		Intent: audit.Intent{
			ID: d.ID, Method: d.Method, Subject: d.Subject, Roles: d.Roles, RequestID: d.RequestID, TraceID: d.TraceID,
			StartedAt: d.StartedAt.UTC(), Targets: d.Targets,
		},
		Code: d.Code, Reason: d.Reason,
	}
	if !d.FinishedAt.IsZero() {
		entry.FinishedAt = d.FinishedAt.UTC()
	}
	return entry
}

// Flush implements audit.Store.
func (s *Store) Flush(ctx context.Context) error { return s.outcomes.flush(ctx) }

// Close implements audit.Store.
func (s *Store) Close(ctx context.Context) error {
	return errors.Join(s.intents.Close(ctx), s.outcomes.close(ctx))
}
