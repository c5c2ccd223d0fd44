// Package domain is what a referral is and how it moves: pure functions over values, without clock, store or network.
package domain

// Status is how far a referral has come (R1). Reversal and rejection are recorded beside it.
type Status string

// The statuses, in the order of the lifecycle; EXPIRED is reached from any of them before QUALIFIED.
const (
	Pending    Status = "PENDING"
	Registered Status = "REGISTERED"
	Active     Status = "ACTIVE"
	Qualified  Status = "QUALIFIED"
	Completed  Status = "COMPLETED"
	Expired    Status = "EXPIRED"
)

// stages are the statuses that can be rewarded, in the order in which they are reached.
var stages = [...]Status{Registered, Active, Qualified, Completed}

// Lifecycle returns every status so that a referral only ever moves to one that comes later.
func Lifecycle() []Status {
	return []Status{Pending, Registered, Active, Qualified, Completed, Expired}
}

// rank orders the statuses: 0 for PENDING, then the position of the stage from 1. EXPIRED and anything unknown is -1.
func (s Status) rank() int {
	switch s {
	case Pending:
		return 0
	case Registered:
		return 1
	case Active:
		return 2
	case Qualified:
		return 3
	case Completed:
		return 4
	case Expired:
		return -1
	default:
		return -1
	}
}

// IsStage reports whether a reward can be given for reaching s.
func (s Status) IsStage() bool { return s.rank() > 0 }

// Review says whether a referral's rewards may be paid.
type Review string

// The review states.
const (
	// Unassessed: fraud has not answered yet; rewards wait (F4).
	Unassessed Review = "UNASSESSED"
	// Cleared: rewards are paid.
	Cleared Review = "CLEARED"
	// Held: rewards wait for a person's decision.
	Held Review = "HELD"
	// Blocked: rewards are refused.
	Blocked Review = "BLOCKED"
)

// Band is what a fraud score means.
type Band string

// The bands.
const (
	Allow       Band = "ALLOW"
	NeedsReview Band = "REVIEW"
	Block       Band = "BLOCK"
)

// review returns the state that a band leads to. What is not understood waits for a person.
func (b Band) review() Review {
	switch b {
	case Allow:
		return Cleared
	case Block:
		return Blocked
	case NeedsReview:
		return Held
	default:
		return Held
	}
}

// Side says whose reward it is.
type Side string

// The sides.
const (
	Referrer Side = "REFERRER"
	Referee  Side = "REFEREE"
)
