package app

import (
	"context"

	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// Ranking is the head of a board.
type Ranking struct {
	// Rows are best first.
	Rows []domain.Row
	// People is how many stand on the board.
	People int64
	// Board names it.
	Board string
}

// Top returns the first limit rows of a board. A programme in which nobody has a score has empty boards.
func (s *Scores) Top(ctx context.Context, sel Selection, limit int) (Ranking, error) {
	edition, board, ok, err := s.open(ctx, sel)
	if err != nil || !ok {
		return Ranking{Board: board}, err
	}
	rows, people, err := s.boards.Top(ctx, edition, board, limit)
	if err != nil {
		return Ranking{}, errUnavailable(err)
	}
	domain.Competition(rows)
	return Ranking{Rows: rows, People: people, Board: board}, nil
}
