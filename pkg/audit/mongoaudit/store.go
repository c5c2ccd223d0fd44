// Package mongoaudit keeps the audit trail in MongoDB, where it only ever inserts: the intent before the call, and after it,
// in the background, the outcome as a document of its own. Both share round trips with those of other calls. An update
// would cost more than a second document, for it writes every index of the entry again.
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

// Indexes returns what EnsureIndexes must create. The trail is read by _id, newest first; entries age out by started_at.
// Outcomes enter only the index that they age out by.
func Indexes() []mongo.IndexModel {
	newestOf := func(field string) mongo.IndexModel {
		return mongo.IndexModel{
			Keys:    bson.D{{Key: field, Value: 1}, {Key: "_id", Value: -1}},
			Options: options.Index().SetPartialFilterExpression(bson.D{{Key: field, Value: bson.D{{Key: "$exists", Value: true}}}}),
		}
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
	inserter *mongox.Inserter[any] // of intent and outcome
	outcomes *outcomes
}

var _ audit.Store = (*Store)(nil)

// maxBatch leaves room for intents beside a full batch of outcomes.
const maxBatch = 2 * outcomeBatch

// New returns a store on a collection that has the Indexes. Close ends its goroutines.
func New(coll *mongo.Collection, deps Deps) (*Store, error) {
	inserter, err := mongox.NewInserter[any](coll, mongox.InserterOptions{
		BatchOptions: mongox.BatchOptions{MaxBatch: maxBatch, MeterProvider: deps.MeterProvider},
		Idempotent:   true,
	})
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	outcomes, err := newOutcomes(inserter, deps)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", errors.Join(err, inserter.Close(context.Background())))
	}
	return &Store{coll: coll, inserter: inserter, outcomes: outcomes}, nil
}

// Begin implements audit.Store.
func (s *Store) Begin(ctx context.Context, i audit.Intent) error {
	return insert(ctx, s.inserter, intentOf(i))
}

// insert inserts a document, unless it is there already.
func insert(ctx context.Context, inserter *mongox.Inserter[any], document any) error {
	if err := inserter.Insert(ctx, document); !mongox.IsDuplicate(err) {
		return err
	}
	return nil
}

// End implements audit.Store. The outcome is written in the background.
func (s *Store) End(_ context.Context, outcome audit.Outcome) error { return s.outcomes.add(outcome) }

// Flush implements audit.Store.
func (s *Store) Flush(ctx context.Context) error { return s.outcomes.flush(ctx) }

// Close implements audit.Store.
func (s *Store) Close(ctx context.Context) error {
	err := s.outcomes.close(ctx) // first, for it needs the inserter
	return errors.Join(err, s.inserter.Close(ctx))
}
