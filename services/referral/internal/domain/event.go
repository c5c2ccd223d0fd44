package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// EventType is what a referee did.
type EventType string

// The types. A custom event proves nothing and is kept in the history under its own name.
const (
	Signup   EventType = "signup"
	Activity EventType = "activity"
	Purchase EventType = "purchase"
	Refund   EventType = "refund"
	Custom   EventType = "custom"
)

// Limits of events.
const (
	// MaxEvents bounds the events of one referral.
	MaxEvents = 200
	// MaxAhead is how far a client's clock may be ahead.
	MaxAhead = 5 * time.Minute
	// MaxBefore is how long before its referral an event may have occurred: the sign-up is often what creates the referral.
	MaxBefore = 24 * time.Hour
)

// Event is what a referee did, as the client tells it.
type Event struct {
	// ID is made by the client and unique per referral.
	ID string
	// Type is what happened.
	Type EventType
	// Name is the name of a custom event.
	Name string
	// OccurredAt is when; the zero time means that the client did not say, which is taken as now.
	OccurredAt time.Time
	// AmountMinor is the revenue of a purchase; 0 when unknown.
	AmountMinor int64
	// By is who tells it: the subject of the caller's token.
	By string
}

// EventRef is what a referral keeps of an event: enough to recognise a replay.
type EventRef struct {
	ID          string `json:"id"`
	Hash        string `json:"hash"`
	AmountMinor int64  `json:"amount_minor,omitempty"`
}

// CheckEvent refuses an event that makes no sense on any referral.
func CheckEvent(e Event, now time.Time) error {
	if e.Type == Custom && e.Name == "" {
		return invalid("EVENT_NAME_MISSING", "custom_type", "a custom event needs a name in custom_type")
	}
	if e.Type != Custom && e.Name != "" {
		return invalid("EVENT_NAME_UNEXPECTED", "custom_type", "custom_type is for custom events only: leave it empty for %s", e.Type)
	}
	if e.OccurredAt.After(now.Add(MaxAhead)) {
		return invalid("EVENT_IN_FUTURE", "occurred_at", "event %s occurs at %s, more than %s after the server's clock (%s): check the clock of the sender",
			e.ID, e.OccurredAt.Format(time.RFC3339), MaxAhead, now.Format(time.RFC3339))
	}
	return nil
}

// proves is the stage an event proves, PENDING for one that proves none.
func (t EventType) proves() Status {
	switch t {
	case Signup:
		return Registered
	case Activity:
		return Active
	case Purchase:
		return Qualified
	case Refund, Custom:
		return Pending
	default:
		return Pending
	}
}

// cause is what the history calls the event.
func (e Event) cause() string {
	if e.Type == Custom {
		return e.Name
	}
	return string(e.Type)
}

// ref condenses type, name and time, which are what an event id stands for.
func (e Event) ref() EventRef {
	buf := make([]byte, 0, 64)
	buf = append(buf, e.Type...)
	buf = append(append(buf, '|'), e.Name...)
	buf = append(buf, '|')
	if !e.OccurredAt.IsZero() {
		buf = strconv.AppendInt(buf, e.OccurredAt.UnixMilli(), 10)
	}
	sum := sha256.Sum256(buf)
	return EventRef{ID: e.ID, Hash: hex.EncodeToString(sum[:8]), AmountMinor: e.AmountMinor}
}
