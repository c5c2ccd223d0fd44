package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.opentelemetry.io/otel/metric"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Claims is an app.ClaimStore: one document per programme and referee, whose _id is what must be unique.
type Claims struct {
	coll    *mongo.Collection
	inserts *mongox.Inserter[claim]
}

type claim struct {
	ID    string       `bson:"_id"`
	Claim domain.Claim `bson:",inline"`
}

func newClaims(coll *mongo.Collection, meters metric.MeterProvider) (*Claims, error) {
	inserts, err := mongox.NewInserter[claim](coll, mongox.InserterOptions{BatchOptions: mongox.BatchOptions{MeterProvider: meters}})
	if err != nil {
		return nil, fmt.Errorf("writer of %s: %w", coll.Name(), err)
	}
	return &Claims{coll: coll, inserts: inserts}, nil
}

// Close waits for the writes under way.
func (s *Claims) Close(ctx context.Context) error { return s.inserts.Close(ctx) }

// claimID needs no escaping: ids hold no slash.
func claimID(programID, refereeID string) string { return "referee/" + programID + "/" + refereeID }

// Put stores the claim, or returns the one that its referee has already. After an unknown outcome it reads back.
func (s *Claims) Put(ctx context.Context, c domain.Claim) (domain.Claim, error) {
	err := s.inserts.Insert(ctx, claim{ID: claimID(c.ProgramID, c.RefereeID), Claim: c})
	if err == nil {
		return c, nil
	}
	err = writeError(err)
	if !mongox.IsDuplicate(err) && errs.Reason(err) != errs.ReasonOutcomeUnknown {
		return domain.Claim{}, fmt.Errorf("store claim: %w", err)
	}
	stored, findErr := s.Get(ctx, c.ProgramID, c.RefereeID)
	switch {
	case findErr != nil:
		return domain.Claim{}, errs.OutcomeUnknown(errors.Join(err, findErr))
	case stored.ReferralID == c.ReferralID:
		return stored, nil
	default:
		return stored, app.ErrExists
	}
}

// Get returns the claim of a referee.
func (s *Claims) Get(ctx context.Context, programID, refereeID string) (domain.Claim, error) {
	var c claim
	err := s.coll.FindOne(ctx, bson.D{{Key: "_id", Value: claimID(programID, refereeID)}}).Decode(&c)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return domain.Claim{}, app.ErrNotFound
	}
	if err != nil {
		return domain.Claim{}, fmt.Errorf("read claim: %w", err)
	}
	return c.Claim, nil
}

// Peek is Get.
func (s *Claims) Peek(ctx context.Context, programID, refereeID string) (domain.Claim, error) {
	return s.Get(ctx, programID, refereeID)
}

// ReferredFilter selects the claims of a referrer; exported for tests that prove the use of an index.
func ReferredFilter(programID, referrerID string) bson.D {
	return bson.D{{Key: "program_id", Value: programID}, {Key: "referrer_id", Value: referrerID}}
}

// HasReferred reports whether a person is the referrer of any claim.
func (s *Claims) HasReferred(ctx context.Context, programID, referrerID string) (bool, error) {
	err := s.coll.FindOne(ctx, ReferredFilter(programID, referrerID),
		options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})).Err()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find claims of a referrer: %w", err)
	}
	return true, nil
}

// Release deletes the claim if it still stands for the same referral.
func (s *Claims) Release(ctx context.Context, c domain.Claim) error {
	_, err := s.coll.DeleteOne(ctx, bson.D{{Key: "_id", Value: claimID(c.ProgramID, c.RefereeID)}, {Key: "referral_id", Value: c.ReferralID}})
	if err != nil {
		return writeError(err)
	}
	return nil
}
