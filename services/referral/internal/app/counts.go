package app

import "github.com/refersuite/refersuite/services/referral/internal/domain"

// Counts are numbers of referrals by status, of those reversed and of those rejected whatever their status, and of those
// converted: completed, and neither reversed nor rejected.
type Counts struct {
	ByStatus  map[domain.Status]int64
	Reversed  int64
	Rejected  int64
	Converted int64
}

// Standing is what Counts tells referrals apart by.
type Standing struct {
	Status   domain.Status
	Reversed bool
	Rejected bool
}

// Standing returns how the referral is counted.
func (a *Aggregate) Standing() Standing {
	return Standing{Status: a.Status, Reversed: a.IsReversed(), Rejected: a.IsRejected()}
}

// Add counts n more referrals of one standing, fewer when n is negative. ByStatus must not be nil.
func (c *Counts) Add(s Standing, n int64) {
	c.ByStatus[s.Status] += n
	if s.Reversed {
		c.Reversed += n
	}
	if s.Rejected {
		c.Rejected += n
	}
	if s.Status == domain.Completed && !s.Reversed && !s.Rejected {
		c.Converted += n
	}
}
