package mongostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.opentelemetry.io/otel/metric"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Referrals is an app.ReferralStore. The outbox inside its documents is served by package mongooutbox.
type Referrals struct {
	coll     *mongo.Collection
	inserts  *mongox.Inserter[document]
	replaces *mongox.Replacer
}

// document is a referral as it is stored; the fields of the referral stand beside those added here.
type document struct {
	ID         string          `bson:"_id"`
	Version    int64           `bson:"version"`
	SweepAt    time.Time       `bson:"sweep_at,omitempty"`
	IsReversed bool            `bson:"is_reversed"`
	IsRejected bool            `bson:"is_rejected"`
	Referral   domain.Referral `bson:",inline"`
	Outbox     outbox.Box      `bson:"outbox"`
}

func newReferrals(coll *mongo.Collection, meters metric.MeterProvider) (*Referrals, error) {
	batches := mongox.BatchOptions{MeterProvider: meters}
	inserts, err := mongox.NewInserter[document](coll, mongox.InserterOptions{BatchOptions: batches})
	if err != nil {
		return nil, fmt.Errorf("writer of new %s: %w", coll.Name(), err)
	}
	replaces, err := mongox.NewReplacer(coll, batches)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("writer of %s: %w", coll.Name(), err), inserts.Close(context.Background()))
	}
	return &Referrals{coll: coll, inserts: inserts, replaces: replaces}, nil
}

// Close waits for the writes under way.
func (s *Referrals) Close(ctx context.Context) error {
	return errors.Join(s.inserts.Close(ctx), s.replaces.Close(ctx))
}

// Insert stores a new aggregate.
func (s *Referrals) Insert(ctx context.Context, a *app.Aggregate) error {
	err := s.inserts.Insert(ctx, toDocument(a))
	switch {
	case mongox.IsDuplicate(err):
		return app.ErrExists
	case err != nil:
		return writeError(err)
	default:
		return nil
	}
}

// Save replaces the aggregate whose stored version is a.Version-1.
func (s *Referrals) Save(ctx context.Context, a *app.Aggregate) error {
	err := s.replaces.Replace(ctx, a.ID, a.Version-1, toDocument(a))
	switch {
	case errors.Is(err, mongox.ErrConflict):
		return app.ErrConflict
	case err != nil:
		return writeError(err)
	default:
		return nil
	}
}

// Get returns the aggregate as of now.
func (s *Referrals) Get(ctx context.Context, id string) (*app.Aggregate, error) {
	var d document
	err := s.coll.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, app.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read referral %s: %w", id, err)
	}
	return d.aggregate(), nil
}

// Peek is Get.
func (s *Referrals) Peek(ctx context.Context, id string) (*app.Aggregate, error) {
	return s.Get(ctx, id)
}

// DueForSweep returns ids of referrals whose time has passed, earliest first.
func (s *Referrals) DueForSweep(ctx context.Context, now time.Time, limit int) ([]string, error) {
	cursor, err := s.coll.Find(ctx, SweepFilter(now), options.Find().SetSort(bson.D{{Key: "sweep_at", Value: 1}}).
		SetLimit(int64(limit)).SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("find expired referrals: %w", err)
	}
	var docs []struct {
		ID string `bson:"_id"`
	}
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read expired referrals: %w", err)
	}
	ids := make([]string, len(docs))
	for i := range docs {
		ids[i] = docs[i].ID
	}
	return ids, nil
}

func toDocument(a *app.Aggregate) document {
	return document{ID: a.ID, Version: a.Version, SweepAt: a.SweepAt, IsReversed: a.IsReversed(), IsRejected: a.IsRejected(),
		Referral: a.Referral, Outbox: a.Outbox}
}

func (d *document) aggregate() *app.Aggregate {
	return &app.Aggregate{Referral: d.Referral, Version: d.Version, SweepAt: d.SweepAt, Outbox: d.Outbox}
}

// writeError tells a write that may have happened from one that did not.
func writeError(err error) error {
	if errs.Reason(err) == errs.ReasonOutcomeUnknown {
		return err
	}
	if mongox.IsUnknownOutcome(err) {
		return errs.OutcomeUnknown(err)
	}
	return err
}
