package app

import (
	"context"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// The reasons of refusals.
const (
	ReasonTimeZoneUnknown  = "TIME_ZONE_UNKNOWN"
	ReasonNotRanked        = "NOT_RANKED"
	ReasonBoardUnavailable = "BOARD_UNAVAILABLE"
	ReasonRebuildRunning   = "REBUILD_RUNNING"
)

// patience is how long a reader waits for boards that are being rebuilt.
const patience = 2 * time.Second

// Scores executes the use cases of the leaderboard. It is safe for concurrent use, by any number of processes.
type Scores struct {
	log       Log
	boards    Boards
	projector *Projector
	rebuilder *Rebuilder
	clock     clock.Clock
}

// NewScores returns the use cases on a log and the boards that the projector and the rebuilder feed from it.
func NewScores(log Log, boards Boards, projector *Projector, rebuilder *Rebuilder, clk clock.Clock) *Scores {
	return &Scores{log: log, boards: boards, projector: projector, rebuilder: rebuilder, clock: clk}
}

// Selection selects a board.
type Selection struct {
	ProgramID string
	Period    domain.Period
	// At is a moment inside the period; zero means now.
	At time.Time
}

// open returns the live edition of a programme and the name of the selected board. A programme without an edition gets one,
// and the reader waits for it; false means that nobody has a score in it.
func (s *Scores) open(ctx context.Context, sel Selection) (Edition, string, bool, error) {
	edition, live, err := s.boards.Live(ctx, sel.ProgramID)
	if err != nil {
		return Edition{}, "", false, errUnavailable(err)
	}
	if !live {
		keys, err := s.log.Keys(ctx, domain.ScorePrefix(sel.ProgramID), "", 1)
		if err != nil {
			return Edition{}, "", false, err
		}
		if len(keys) > 0 {
			if edition, err = s.waitFor(ctx, sel.ProgramID); err != nil {
				return Edition{}, "", false, err
			}
			live = true
		}
	}
	name, err := s.boardName(edition, sel)
	return edition, name, live, err
}

// waitFor has the boards of a programme rebuilt. A rebuild may fail, or be undone by the loss of what it built, so it looks
// again until its patience ends.
func (s *Scores) waitFor(ctx context.Context, programID string) (Edition, error) {
	timer := s.clock.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-s.rebuilder.Await(programID):
		case <-timer.C():
			return Edition{}, errUnavailable(nil)
		case <-ctx.Done():
			return Edition{}, ctx.Err()
		}
		edition, live, err := s.boards.Live(ctx, programID)
		if err != nil {
			return Edition{}, errUnavailable(err)
		}
		if live {
			return edition, nil
		}
	}
}

func (s *Scores) boardName(edition Edition, sel Selection) (string, error) {
	name := edition.Zone
	if name == "" {
		name = domain.DefaultZone
	}
	zone, err := domain.Zone(name)
	if err != nil {
		return "", err
	}
	at := sel.At
	if at.IsZero() {
		at = s.clock.Now()
	}
	return domain.BoardName(sel.Period, at, zone), nil
}

// errUnavailable keeps the cause for the log.
func errUnavailable(cause error) error {
	return errs.New(errs.Unavailable, ReasonBoardUnavailable,
		"the boards cannot be read now: no score is lost, ask again in a moment").WithRetryAfter(time.Second).WithCause(cause)
}
