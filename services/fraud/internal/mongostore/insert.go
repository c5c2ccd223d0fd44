package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// Insert implements app.Store. After an unknown outcome it looks whether there is an assessment now: whoever stored it, the
// caller reads it and goes on.
func (s *Store) Insert(ctx context.Context, a domain.Assessment) (bool, error) {
	id := a.Facts.ReferralID
	err := s.newAssessments.Insert(ctx, assessmentToDoc(a))
	switch {
	case err == nil:
		return true, nil
	case mongox.IsDuplicate(err):
		return false, nil
	}
	err = unclear("assessment", id, err)
	if errs.Reason(err) != errs.ReasonOutcomeUnknown {
		return false, err
	}
	_, found, readErr := s.Get(ctx, id)
	if readErr != nil || !found {
		return false, errs.OutcomeUnknown(errors.Join(err, readErr))
	}
	return false, nil
}

// Sight implements app.Store.
func (s *Store) Sight(ctx context.Context, seen domain.Sighting) error {
	err := s.newSightings.Insert(ctx, sightingToDoc(seen))
	if err == nil || mongox.IsDuplicate(err) {
		return nil
	}
	return unclear("sighting", seen.ReferralID, err)
}

// unclear tells an unknown outcome from a refusal.
func unclear(what, id string, err error) error {
	err = fmt.Errorf("insert %s %s: %w", what, id, err)
	if mongox.IsUnknownOutcome(err) {
		return errs.OutcomeUnknown(err)
	}
	return err
}

// byID selects one document.
func byID(id string) bson.D { return bson.D{{Key: "_id", Value: id}} }
