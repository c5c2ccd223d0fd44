package app

import (
	"context"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// Completion is the command to count one completed referral.
type Completion struct {
	// ID is completion/<program>/<referral>.
	ID         string
	ProgramID  string
	Version    int64
	ReferralID string
	UserID     string
}

// RecordCompletion claims the referral for the person, then counts it. Idempotent by referral: the outcome of the first
// call is stored and returned again. A referral that returns with another person is caught at the claim; nothing changes
// then. A crash between the steps is finished by the retry.
func (m *Members) RecordCompletion(ctx context.Context, c Completion) (Recorded, error) {
	if err := checkID(c.ID, domain.CompletionID(c.ProgramID, c.ReferralID)); err != nil {
		return Recorded{}, err
	}
	ladder, ok, err := m.ladder(ctx, c.ProgramID, c.Version)
	if err != nil {
		return Recorded{}, err
	}
	if !ok {
		return Recorded{}, errs.New(errs.FailedPrecondition, ReasonLadderUnknown,
			"the ladder of version %d of programme %s is not known: call PutLadder, then send the command again", c.Version, c.ProgramID)
	}
	cmd, now := completionCommand(c), m.clock.Now()
	results, err := m.log.Append(ctx,
		chain.Append[domain.Line]{
			Key: domain.ClaimKey(c.ProgramID, c.ReferralID), Command: cmd,
			Step: func(*chain.Entry[domain.Line]) (domain.Line, error) {
				return domain.Line{Claim: &domain.Claim{ReferralID: c.ReferralID, User: c.UserID}}, nil
			},
		},
		chain.Append[domain.Line]{
			Key: domain.MemberKey(c.ProgramID, c.UserID), Command: cmd,
			Step: func(head *chain.Entry[domain.Line]) (domain.Line, error) {
				step, err := domain.Complete(member(head), ladder, c.ReferralID, now)
				if err != nil {
					return domain.Line{}, err
				}
				return domain.Line{Step: &step}, nil
			},
		})
	if err != nil {
		return Recorded{}, explain(err)
	}
	return recorded(results[1])
}

// completionCommand covers everything that a completion says.
func completionCommand(c Completion) command.Command {
	return command.New(c.ID, "tier.record_completion.v1",
		command.String("program", c.ProgramID),
		command.Int64("program_version", c.Version),
		command.String("referral", c.ReferralID),
		command.String("user", c.UserID))
}
