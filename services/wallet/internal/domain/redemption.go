package domain

import (
	"errors"
	"time"
)

// RedemptionStatus is the state of a redemption.
type RedemptionStatus string

// The states of a redemption. The first two are shown to nobody.
const (
	// RedemptionNew is being requested: its amount may or may not be set aside yet.
	RedemptionNew RedemptionStatus = "NEW"
	// RedemptionDropped was refused by the account. Nothing is left of it, and its id is free.
	RedemptionDropped RedemptionStatus = "DROPPED"
	// RedemptionRequested has its amount set aside; the payout provider does not know of it.
	RedemptionRequested RedemptionStatus = "REQUESTED"
	// RedemptionSubmitted is or may be with the payout provider.
	RedemptionSubmitted RedemptionStatus = "SUBMITTED"
	// RedemptionPaid was paid. Final.
	RedemptionPaid RedemptionStatus = "PAID"
	// RedemptionFailed was not and will not be paid; its amount is available again. Final.
	RedemptionFailed RedemptionStatus = "FAILED"
	// RedemptionCancelled was cancelled before it was submitted; its amount is available again. Final.
	RedemptionCancelled RedemptionStatus = "CANCELLED"
)

// Open reports whether the amount of a redemption in this state is on the way to a payout.
func (s RedemptionStatus) Open() bool { return s == RedemptionRequested || s == RedemptionSubmitted }

// Settled reports whether the state is final.
func (s RedemptionStatus) Settled() bool {
	return s == RedemptionPaid || s == RedemptionFailed || s == RedemptionCancelled
}

// Listed reports whether a redemption in this state is shown.
func (s RedemptionStatus) Listed() bool { return s.Open() || s.Settled() }

// RedemptionOrder is what a person asks to be paid.
type RedemptionOrder struct {
	// ID is chosen by the caller and unique among all redemptions.
	ID string `json:"-"`
	// UserID is who is paid.
	UserID string `json:"user_id"`
	// Amount in minor units of Currency, 1 to MaxAmount.
	Amount int64 `json:"amount"`
	// Currency is an ISO 4217 code in capitals.
	Currency string `json:"currency"`
	// Destination is a token that the payout provider understands.
	Destination string `json:"destination"`
}

// Redemption is a payout of available balance. Times are UTC milliseconds.
type Redemption struct {
	RedemptionOrder `bson:",inline"`
	Status          RedemptionStatus `json:"status"`
	// Provider pays it out. Until it was submitted first, another one may take its place.
	Provider string `json:"provider"`
	// Reference is the provider's own id of the payout.
	Reference string `json:"reference,omitempty"`
	// Reason of a failure or a cancellation.
	Reason string `json:"reason,omitempty"`
	// Actor is the subject of who settled it by hand or cancelled it; empty when the provider told.
	Actor string `json:"actor,omitempty"`
	// TraceID is the trace of the request that settled it last, or else requested it.
	TraceID string `json:"trace,omitempty"`
	// RequestedAt is when its amount was set aside; zero before.
	RequestedAt time.Time `json:"requested_at,omitempty,omitzero"`
	// SubmittedAt is when it was submitted first.
	SubmittedAt time.Time `json:"submitted_at,omitempty,omitzero"`
	// SettledAt is when it became final.
	SettledAt time.Time `json:"settled_at,omitempty,omitzero"`
	// Attempts counts how often it was, or may have been, sent to the provider.
	Attempts int `json:"attempts,omitempty"`
}

var (
	// ErrRedemptionSubmitted says that a redemption cannot be cancelled because the payout provider has it, or may have it.
	ErrRedemptionSubmitted = errors.New("the payout provider has the redemption, or may have it")
	// ErrRedemptionSettled says that a redemption was settled in another way.
	ErrRedemptionSettled = errors.New("the redemption was settled in another way")
	// ErrRedemptionNotSubmitted says that a payout cannot have an outcome because it was never submitted.
	ErrRedemptionNotSubmitted = errors.New("the redemption was not submitted to a payout provider yet")
	// ErrRedemptionNotOpen says that nothing can be submitted because the redemption is not requested or is settled.
	ErrRedemptionNotOpen = errors.New("the redemption is not open")
)

// Reserved records that the amount was set aside.
func (r *Redemption) Reserved(at time.Time) {
	if r.Status == RedemptionNew {
		r.Status, r.RequestedAt = RedemptionRequested, at
	}
}

// Submit records that the redemption is about to be sent to a provider, once more when it was sent before. From now on the
// provider has it, or may have it. It fails with ErrRedemptionNotOpen.
func (r *Redemption) Submit(provider string, at time.Time) error {
	if !r.Status.Open() {
		return ErrRedemptionNotOpen
	}
	if r.Status == RedemptionRequested {
		r.Status, r.SubmittedAt, r.Provider = RedemptionSubmitted, at, provider
	}
	r.Attempts++
	return nil
}

// RedemptionOutcome is what became of a redemption, as told by the provider, by hand or by a cancellation.
type RedemptionOutcome struct {
	// Status is RedemptionPaid, RedemptionFailed or RedemptionCancelled.
	Status RedemptionStatus
	// Reference is the provider's own id of the payout; may be empty.
	Reference string
	// Reason of a failure or a cancellation.
	Reason string
	// Actor is who settled it by hand.
	Actor string
	// TraceID is the trace of the request.
	TraceID string
}

// Settle moves the redemption to its final state and reports whether it was not there before. It fails with
// ErrRedemptionSubmitted, ErrRedemptionNotSubmitted or ErrRedemptionSettled and then changes nothing.
func (r *Redemption) Settle(o RedemptionOutcome, at time.Time) (changed bool, err error) {
	switch {
	case r.Status == o.Status:
		return false, nil
	case r.Status.Settled():
		return false, ErrRedemptionSettled
	case o.Status == RedemptionCancelled && r.Status != RedemptionRequested:
		return false, ErrRedemptionSubmitted
	case o.Status != RedemptionCancelled && r.Status != RedemptionSubmitted:
		return false, ErrRedemptionNotSubmitted
	}
	r.Status, r.Reason, r.Actor, r.SettledAt = o.Status, o.Reason, o.Actor, at
	if o.Reference != "" {
		r.Reference = o.Reference
	}
	if o.TraceID != "" {
		r.TraceID = o.TraceID
	}
	return true, nil
}
