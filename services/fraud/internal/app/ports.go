// Package app holds the use cases of fraud, one file each.
package app

import (
	"context"

	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// Store keeps assessments and sightings. What was acknowledged is durable. A write that answers neither yes nor no returns
// an error with errs.ReasonOutcomeUnknown.
type Store interface {
	// Insert stores the assessment of a referral, and reports false when it has one already, which stays as it is. Of
	// any number of racers exactly one stores.
	Insert(ctx context.Context, a domain.Assessment) (stored bool, err error)
	// Get returns the assessment of a referral; false when it has none.
	Get(ctx context.Context, referralID string) (domain.Assessment, bool, error)
	// Sight stores where a referee was seen, once per referral: the first sighting stays.
	Sight(ctx context.Context, s domain.Sighting) error
	// Count counts what others of the programme did, see domain.Counts for windows and limits. It sees every assessment and
	// sighting stored before. A device or address that is empty has no counts and costs nothing.
	Count(ctx context.Context, f domain.Facts) (domain.Counts, error)
	// List returns assessments of one programme, newest first and by descending referral id where times are equal, at most
	// limit of them.
	List(ctx context.Context, q Query, limit int) ([]domain.Assessment, error)
}

// Query selects assessments of one programme.
type Query struct {
	ProgramID string
	// Band keeps one band; empty means all.
	Band domain.Band
	// After starts the page after this position; the zero value starts at the newest.
	After Position
}

// Position is the place of an assessment in a list.
type Position struct {
	// AssessedAt in milliseconds since 1970.
	AssessedAt int64 `json:"t,omitempty"`
	// ReferralID breaks ties.
	ReferralID string `json:"r,omitempty"`
}

// PositionOf returns the place of an assessment.
func PositionOf(a domain.Assessment) Position {
	return Position{AssessedAt: a.AssessedAt.UnixMilli(), ReferralID: a.Facts.ReferralID}
}
