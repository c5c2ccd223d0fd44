package domain

import "fmt"

// SignalName names what was found suspicious.
type SignalName string

// The signals of rules-1.
const (
	SignalSelfReferral  SignalName = "SELF_REFERRAL"
	SignalSharedDevice  SignalName = "SHARED_DEVICE"
	SignalSharedAddress SignalName = "SHARED_ADDRESS"
	SignalVelocity      SignalName = "VELOCITY"
)

// Signal is one reason of a score.
type Signal struct {
	Name SignalName `json:"name"`
	// Points it adds to the score.
	Points int `json:"points"`
	// Evidence says what was seen, without personal data.
	Evidence string `json:"evidence"`

	// weak marks evidence that honest people give as well: however much of it there is, without any other it stays below
	// REVIEW.
	weak bool
}

// step is one stair of a rule: from that count on, this many points.
type step struct{ from, points int }

// climb returns the points of the highest stair reached.
func climb(stairs []step, count int) int {
	points := 0
	for _, s := range stairs {
		if count >= s.from {
			points = s.points
		}
	}
	return points
}

// atLeast writes a count that stopped at a limit.
func atLeast(count, limit int) string {
	if count >= limit {
		return fmt.Sprintf("%d or more", limit)
	}
	return fmt.Sprint(count)
}
