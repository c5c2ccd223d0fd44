// Package app holds the use cases of the referral service, one per file, and the interfaces they need.
package app

import (
	"slices"
	"time"

	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Aggregate is a referral as it is stored: one document with the commands it still has to send. An aggregate that a store
// returned or took is shared and never changed; Clone it to move it on.
type Aggregate struct {
	domain.Referral
	// Version grows by one with every write, from 1.
	Version int64
	// SweepAt is when the referral can be moved to EXPIRED; the zero time for one that cannot expire any more.
	SweepAt time.Time
	// Outbox holds its commands in the order in which they were caused.
	Outbox outbox.Box

	terms domain.Terms // of its edition, while its commands are delivered
}

// Clone returns a copy that can be changed.
func (a *Aggregate) Clone() *Aggregate {
	c := *a
	c.Referral = a.Referral.Clone()
	c.Outbox.Messages = slices.Clone(a.Outbox.Messages)
	return &c
}

// IsReversed reports whether the referral was reversed.
func (a *Aggregate) IsReversed() bool { return a.Reversed != nil }

// IsRejected reports whether a person refused the referral's rewards.
func (a *Aggregate) IsRejected() bool { return a.Rejected != nil }
