// Package mongostore keeps referrals in MongoDB: one document per referral with its outbox, and a small document for
// each claim, code and draft.
package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"go.opentelemetry.io/otel/metric"

	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/outbox/mongooutbox"
)

// Names of the collections.
const (
	ReferralsCollection = "referrals"
	ClaimsCollection    = "claims"
	CodesCollection     = "codes"
	ProgramsCollection  = "programs"
	EditionsCollection  = "program_versions"
)

// Stores are the adapters over one database. Close ends their writers.
type Stores struct {
	Referrals *Referrals
	Claims    *Claims
	Codes     *Codes
	Programs  *Programs
}

// Open creates missing collections and indexes and returns the adapters.
func Open(ctx context.Context, db *mongo.Database, meters metric.MeterProvider) (*Stores, error) {
	for name, models := range indexes() {
		if err := mongox.EnsureIndexes(ctx, db.Collection(name), models...); err != nil {
			return nil, err
		}
	}
	referrals, err := newReferrals(db.Collection(ReferralsCollection), meters)
	if err != nil {
		return nil, err
	}
	claims, err := newClaims(db.Collection(ClaimsCollection), meters)
	if err != nil {
		return nil, errors.Join(err, referrals.Close(ctx))
	}
	return &Stores{Referrals: referrals, Claims: claims, Codes: &Codes{db.Collection(CodesCollection)},
		Programs: &Programs{db.Collection(ProgramsCollection)}}, nil
}

// Close waits for the writes under way.
func (s *Stores) Close(ctx context.Context) error {
	return errors.Join(s.Referrals.Close(ctx), s.Claims.Close(ctx))
}

// indexes are those of every collection but the chains', see mongochain.
func indexes() map[string][]mongo.IndexModel {
	return map[string][]mongo.IndexModel{
		ReferralsCollection: append(mongooutbox.Indexes(),
			index("by_referrer_and_status", "program_id", 1, "referrer_id", 1, "status", 1, "created_at", -1, "_id", -1),
			sweepIndex()),
		ClaimsCollection:   {index("by_referrer", "program_id", 1, "referrer_id", 1)},
		CodesCollection:    {index("by_owner", "owner_id", 1, "created_at", 1)},
		ProgramsCollection: nil,
	}
}

// index names fields and directions in turn.
func index(name string, fields ...any) mongo.IndexModel {
	keys := bson.D{}
	for i := 0; i+1 < len(fields); i += 2 {
		keys = append(keys, bson.E{Key: fmt.Sprint(fields[i]), Value: fields[i+1]})
	}
	return mongo.IndexModel{Keys: keys, Options: options.Index().SetName(name)}
}

// sweepIndex holds only referrals that can still expire.
func sweepIndex() mongo.IndexModel {
	m := index("sweep", "sweep_at", 1)
	m.Options.SetPartialFilterExpression(bson.D{{Key: "sweep_at", Value: bson.D{{Key: "$exists", Value: true}}}})
	return m
}
