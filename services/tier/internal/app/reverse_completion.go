package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// Reversal is the command to take one completed referral out of the count.
type Reversal struct {
	// ID is reverse/completion/<program>/<referral>.
	ID         string
	ProgramID  string
	ReferralID string
	UserID     string
	// Fraud makes the tier follow and takes bonuses and premium back.
	Fraud bool
}

// ReverseCompletion takes a completed referral out of the count, by the ladder and the policy of the version it completed
// under. Idempotent by referral: the outcome of the first call is stored and returned again.
func (m *Members) ReverseCompletion(ctx context.Context, r Reversal) (Recorded, error) {
	completion := domain.CompletionID(r.ProgramID, r.ReferralID)
	if err := checkID(r.ID, domain.ReversalID(r.ProgramID, r.ReferralID)); err != nil {
		return Recorded{}, err
	}
	key := domain.MemberKey(r.ProgramID, r.UserID)
	counted, ok, err := m.log.Find(ctx, key, completion)
	if err != nil {
		return Recorded{}, err
	}
	if !ok || counted.Body.Step == nil {
		return Recorded{}, errs.New(errs.NotFound, ReasonCompletionNotFound,
			"referral %s was not counted for %s in programme %s: record its completion first", r.ReferralID, r.UserID, r.ProgramID)
	}
	ladder, ok, err := m.ladder(ctx, r.ProgramID, counted.Body.Step.Version)
	if err != nil {
		return Recorded{}, err
	}
	if !ok {
		return Recorded{}, errs.New(errs.Internal, "PROGRESS_CORRUPT",
			"the ladder of version %d of programme %s is gone", counted.Body.Step.Version, r.ProgramID)
	}
	now := m.clock.Now()
	results, err := m.log.Append(ctx, chain.Append[domain.Line]{
		Key: key,
		Command: command.New(r.ID, "tier.reverse_completion.v1",
			command.String("program", r.ProgramID),
			command.String("referral", r.ReferralID),
			command.String("user", r.UserID),
			command.Bool("fraud", r.Fraud)),
		Step: func(head *chain.Entry[domain.Line]) (domain.Line, error) {
			step := domain.Reverse(member(head), ladder, r.ReferralID, r.Fraud, now)
			return domain.Line{Step: &step}, nil
		},
	})
	if err != nil {
		return Recorded{}, explain(err)
	}
	return recorded(results[0])
}
