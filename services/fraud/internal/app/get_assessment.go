package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

// ReasonAssessmentNotFound is the reason of the error for a referral that was never assessed.
const ReasonAssessmentNotFound = "ASSESSMENT_NOT_FOUND"

// Assessment returns the stored assessment of a referral.
func (a *Assessor) Assessment(ctx context.Context, referralID string) (domain.Assessment, error) {
	stored, ok, err := a.store.Get(ctx, referralID)
	if err != nil {
		return domain.Assessment{}, err
	}
	if !ok {
		return domain.Assessment{}, errs.New(errs.NotFound, ReasonAssessmentNotFound,
			"referral %q has no assessment: it is unknown, or fraud could not be asked yet", referralID)
	}
	return stored, nil
}
