package domain

import (
	"slices"
	"strings"
	"time"
)

// Part is what a person has, or gains, on one board.
type Part struct {
	// Board names it.
	Board string
	// Points are the score, or what it changes by.
	Points int64
	// ReachedAt is when the latest points were earned, in UTC milliseconds. A reversal does not move it: it carries the time
	// of what it takes back.
	ReachedAt time.Time
}

// Tally adds up a stretch of one person's chain, board by board. Points are added and the latest time is kept, so the order
// of what is added does not matter.
type Tally struct {
	// User is whose chain it is.
	User string
	// From and To are the first and the last sequence added; both zero when nothing was.
	From, To int64
	parts    map[string]Part
}

// NewTally returns an empty tally of a person.
func NewTally(user string) *Tally { return &Tally{User: user, parts: make(map[string]Part, Periods)} }

// Add adds an entry of the chain. It follows the one added before. A time zone that this build does not know, since it has
// been taken out of the database, counts as UTC.
func (t *Tally) Add(seq int64, s Score) {
	zone, err := Zone(s.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	if t.From == 0 {
		t.From = seq
	}
	t.To = seq
	for _, board := range BoardNames(s.OccurredAt, zone) {
		part := t.parts[board]
		part.Board, part.Points = board, part.Points+s.Delta
		if s.OccurredAt.After(part.ReachedAt) {
			part.ReachedAt = s.OccurredAt
		}
		t.parts[board] = part
	}
}

// Boards is how many boards the person was seen on.
func (t *Tally) Boards() int { return len(t.parts) }

// Parts returns what was added up, ordered by board. Boards on which the points cancel are among them.
func (t *Tally) Parts() []Part {
	list := make([]Part, 0, len(t.parts))
	for _, part := range t.parts {
		list = append(list, part)
	}
	slices.SortFunc(list, func(a, b Part) int { return strings.Compare(a.Board, b.Board) })
	return list
}
