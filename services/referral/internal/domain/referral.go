package domain

import (
	"slices"
	"time"
)

// Referral is one person referred by another. Its methods move it, return the orders that the move causes and refuse what
// the rules forbid, in which case nothing has changed. They are deterministic: the same calls give the same orders.
type Referral struct {
	ID             string    `json:"id"`
	ProgramID      string    `json:"program_id"`
	ProgramVersion int64     `json:"program_version"`
	ReferrerID     string    `json:"referrer_id"`
	RefereeID      string    `json:"referee_id"`
	Code           string    `json:"code,omitempty"`
	Status         Status    `json:"status"`
	Review         Review    `json:"review"`
	Decision       Decision  `json:"decision,omitempty"`
	CreatedAt      time.Time `json:"created_at"`
	ExpiresAt      time.Time `json:"expires_at"`
	QualifiedAt    time.Time `json:"qualified_at,omitempty,omitzero"`
	CompletedAt    time.Time `json:"completed_at,omitempty,omitzero"`
	// Fired is the rank of the highest stage whose triggers fired; each fires once (R3).
	Fired    int        `json:"fired,omitempty"`
	Reversed *Mark      `json:"reversed,omitempty"`
	Rejected *Mark      `json:"rejected,omitempty"`
	History  []Step     `json:"history"`
	Events   []EventRef `json:"events,omitempty"`
	Rewards  []Reward   `json:"rewards,omitempty"`
}

// Mark records a reversal or a rejection.
type Mark struct {
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Step is one entry of the history (R2).
type Step struct {
	Status     Status    `json:"status"`
	EventID    string    `json:"event_id,omitempty"`
	Cause      string    `json:"cause"`
	OccurredAt time.Time `json:"occurred_at"`
	RecordedAt time.Time `json:"recorded_at"`
	Inferred   bool      `json:"inferred,omitempty"`
}

// Causes of steps that no event caused.
const (
	CauseCreated      = "CREATED"
	CauseExpired      = "EXPIRED"
	CauseWindowPassed = "WINDOW_PASSED"
	CauseAssessed     = "ASSESSED"
	CauseReviewed     = "REVIEWED"
	CauseInferred     = "INFERRED"
)

// Claim binds a referee to a referrer within a programme, for ever (R6). It is written before the referral and says what
// a retry needs to finish a creation that was cut off.
type Claim struct {
	ProgramID  string    `json:"program_id"`
	RefereeID  string    `json:"referee_id"`
	ReferrerID string    `json:"referrer_id"`
	ReferralID string    `json:"referral_id"`
	CreatedAt  time.Time `json:"created_at"`
}

// Create returns the referral that a claim stands for, under one edition of the programme. An unassessed referral comes
// with the order to ask fraud again about the facts.
func Create(claim Claim, code string, edition Edition, review Review, facts Facts) (Referral, []Order) {
	r := Referral{
		ID: claim.ReferralID, ProgramID: claim.ProgramID, ProgramVersion: edition.Version,
		ReferrerID: claim.ReferrerID, RefereeID: claim.RefereeID, Code: code,
		Status: Pending, Review: review,
		CreatedAt: claim.CreatedAt, ExpiresAt: claim.CreatedAt.Add(edition.Terms.ExpiresAfter),
	}
	r.step(Step{Cause: CauseCreated, OccurredAt: claim.CreatedAt, RecordedAt: claim.CreatedAt})
	if review == Unassessed {
		return r, []Order{assessOrder(&r, facts)}
	}
	return r, nil
}

// ReviewOf returns the review state of a referral that fraud put in the given band.
func ReviewOf(b Band) Review { return b.review() }

// Clone returns a copy whose growth is not seen by r. What is inside r's slices must not be changed through either,
// except by the methods of Referral.
func (r *Referral) Clone() Referral {
	c := *r
	c.History = slices.Clip(c.History)
	c.Events = slices.Clip(c.Events)
	c.Rewards = slices.Clone(c.Rewards)
	return c
}

// SweepAt is when an unqualified referral can be moved to EXPIRED: its events may arrive until then (R4). It is the zero
// time for a referral that cannot expire any more.
func (r *Referral) SweepAt(t Terms) time.Time {
	if rank := r.Status.rank(); rank < 0 || rank >= Qualified.rank() {
		return time.Time{}
	}
	return r.ExpiresAt.Add(t.LateEventGrace)
}

// step appends to the history with the present status.
func (r *Referral) step(s Step) {
	s.Status = r.Status
	r.History = append(r.History, s)
}
