package app

import (
	"context"
	"time"

	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// assessTimeout bounds the synchronous assessment.
const assessTimeout = 150 * time.Millisecond

// assess asks fraud and never fails: when fraud does not answer in time, the referral starts unassessed, its rewards wait
// and fraud is asked again later (F4). Facts that differ from those of an earlier attempt wait for a person.
func (s *Referrals) assess(ctx context.Context, a Assessment) domain.Review {
	timeout := s.AssessTimeout
	if timeout <= 0 {
		timeout = assessTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	band, err := s.Fraud.Assess(ctx, a)
	switch {
	case err == nil:
		return domain.ReviewOf(band)
	case errs.Reason(err) == command.ReasonReused:
		return domain.Held
	default:
		return domain.Unassessed
	}
}
