package app

import (
	"context"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// Place is where a person stands.
type Place struct {
	Row domain.Row
	// People is how many stand on the board.
	People int64
	// Board names it.
	Board string
}

// ownWrites bounds how long a person waits for what this process just recorded for them.
const ownWrites = 50 * time.Millisecond

// Rank returns the live place of a person on a board. What this process recorded for them before is in it, unless the boards
// are slow.
func (s *Scores) Rank(ctx context.Context, sel Selection, userID string) (Place, error) {
	s.awaitOwn(ctx, sel.ProgramID, userID)
	edition, board, ok, err := s.open(ctx, sel)
	if err != nil {
		return Place{}, err
	}
	place := Place{Board: board}
	if ok {
		place.Row, place.People, ok, err = s.boards.Rank(ctx, edition, board, userID)
		if err != nil {
			return Place{}, errUnavailable(err)
		}
	}
	if !ok {
		return Place{}, errs.New(errs.NotFound, ReasonNotRanked,
			"%s has no score on board %s of programme %s", userID, board, sel.ProgramID)
	}
	return place, nil
}

func (s *Scores) awaitOwn(ctx context.Context, programID, userID string) {
	projected := s.projector.Projected(programID, userID)
	if projected == settled {
		return
	}
	timer := s.clock.NewTimer(ownWrites)
	defer timer.Stop()
	select {
	case <-projected:
	case <-timer.C():
	case <-ctx.Done():
	}
}
