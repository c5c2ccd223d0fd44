package domain

import "time"

// Row is one place on a board. People with no points, or fewer, have none.
type Row struct {
	// Rank from 1. Equal scores share it and the ranks after them are skipped: 1, 2, 2, 4.
	Rank int64
	// UserID is who stands there.
	UserID string
	// Score is the points.
	Score int64
	// ReachedAt orders people with equal scores, the earlier first; the user id decides after that.
	ReachedAt time.Time
}

// Competition gives rows their ranks. They begin at the top of the board and stand in its order.
func Competition(rows []Row) {
	for i := range rows {
		if i > 0 && rows[i].Score == rows[i-1].Score {
			rows[i].Rank = rows[i-1].Rank
			continue
		}
		rows[i].Rank = int64(i) + 1
	}
}
