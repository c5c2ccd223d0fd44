package app

import (
	"context"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// ScoreCommand is the command to change a score.
type ScoreCommand struct {
	// ID is score/<program>/<referral> or reverse/score/<program>/<referral>.
	ID                string
	ProgramID, UserID string
	// Delta is what to add, not zero.
	Delta int64
	// OccurredAt is when the points were earned.
	OccurredAt time.Time
	// TimeZone of the programme, an IANA name.
	TimeZone string
}

func (c ScoreCommand) command() command.Command {
	return command.New(c.ID, "leaderboard.record_score.v1",
		command.String("program", c.ProgramID),
		command.String("user", c.UserID),
		command.Int64("delta", c.Delta),
		command.Time("occurred_at", c.OccurredAt),
		command.String("time_zone", c.TimeZone))
}

// Record adds to the score of a person and returns their score of all time after it. Idempotent by the command's id, within
// the programme: an id that returns with other contents, or for another person, is refused and changes nothing.
//
// The chain decides; boards follow within milliseconds. That they cannot be written delays and fails nothing here.
func (s *Scores) Record(ctx context.Context, cmd ScoreCommand) (total int64, replayed bool, err error) {
	if _, err := domain.Zone(cmd.TimeZone); err != nil {
		return 0, false, errs.Invalid(ReasonTimeZoneUnknown, "time_zone",
			"time_zone is %w: use a name such as %s", err, domain.DefaultZone)
	}
	score, err := s.placed(ctx, cmd)
	if err != nil {
		return 0, false, err
	}
	id := cmd.command()
	results, err := s.log.Append(ctx,
		chain.Append[domain.Line]{
			Key: domain.CommandKey(cmd.ProgramID, cmd.ID), Command: id,
			Step: func(*chain.Entry[domain.Line]) (domain.Line, error) {
				return domain.Line{Executed: &domain.Executed{UserID: cmd.UserID}}, nil
			},
		},
		chain.Append[domain.Line]{
			Key: domain.ScoreKey(cmd.ProgramID, cmd.UserID), Command: id,
			Step: func(head *chain.Entry[domain.Line]) (domain.Line, error) {
				next := score
				next.Total += totalOf(head)
				return domain.Line{Score: &next}, nil
			},
		})
	if err != nil {
		return 0, false, err
	}
	entry := results[1].Entry
	s.projector.Offer(entry)
	return totalOf(&entry), results[1].Replayed, nil
}

// placed returns the step that a command makes, on the boards it belongs to. A reversal belongs where the points it takes
// back were counted, even if the programme has moved to another time zone since.
func (s *Scores) placed(ctx context.Context, cmd ScoreCommand) (domain.Score, error) {
	score := domain.Score{
		Delta: cmd.Delta, Total: cmd.Delta, OccurredAt: clock.Truncate(cmd.OccurredAt), TimeZone: cmd.TimeZone,
	}
	original, ok := domain.Reversed(cmd.ID)
	if !ok {
		return score, nil
	}
	entry, found, err := s.log.Find(ctx, domain.ScoreKey(cmd.ProgramID, cmd.UserID), original)
	if err != nil {
		return domain.Score{}, err
	}
	if found && entry.Body.Score != nil {
		score.OccurredAt, score.TimeZone = entry.Body.Score.OccurredAt, entry.Body.Score.TimeZone
	}
	return score, nil
}

// totalOf returns the score of all time at an entry.
func totalOf(e *chain.Entry[domain.Line]) int64 {
	if e == nil || e.Body.Score == nil {
		return 0
	}
	return e.Body.Score.Total
}
