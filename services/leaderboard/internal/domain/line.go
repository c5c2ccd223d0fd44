package domain

import "time"

// Line is what one entry of a chain says: one of its fields is set.
type Line struct {
	// Score is a step of a person's score.
	Score *Score `json:"score,omitempty"`
	// Executed is a command in the chain of its stripe.
	Executed *Executed `json:"executed,omitempty"`
}

// Score is one change of a person's score.
type Score struct {
	// Delta is what is added; negative for a reversal.
	Delta int64 `json:"delta"`
	// Total is the score of all time after it.
	Total int64 `json:"total"`
	// OccurredAt is when the points were earned, in UTC milliseconds. It selects the boards.
	OccurredAt time.Time `json:"occurred_at"`
	// TimeZone of the programme.
	TimeZone string `json:"time_zone"`
}

// Executed says for whom a command was executed.
type Executed struct {
	UserID string `json:"user_id"`
}
