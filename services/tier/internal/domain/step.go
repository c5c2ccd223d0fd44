package domain

import (
	"errors"
	"math"
	"slices"
	"time"
)

// ErrCountOverflow says that a count would leave the range of a 64-bit number.
var ErrCountOverflow = errors.New("the count of completed referrals would leave the range of 64 bits")

// StepKind says what a step did.
type StepKind string

// The kinds of steps.
const (
	// StepCompletion counted a completed referral.
	StepCompletion StepKind = "COMPLETION"
	// StepReversal took a completed referral out of the count.
	StepReversal StepKind = "REVERSAL"
)

// Bonus is a bonus for reaching a tier, in minor units.
type Bonus struct {
	Tier   string `json:"tier"`
	Amount int64  `json:"amount"`
}

// Outcome is what a command is answered with, the first time and every time it is sent again.
type Outcome struct {
	// TierBefore and TierAfter are names of the ladder that applied.
	TierBefore string `json:"tier_before"`
	TierAfter  string `json:"tier_after"`
	// Completed counts the person's completed, unreversed referrals after the step.
	Completed int64 `json:"completed"`
	// Reward of the referrer for the referral, by the tier held before.
	Reward int64 `json:"reward,omitempty"`
	// Bonuses earned by reaching tiers for the first time, lowest first.
	Bonuses []Bonus `json:"bonuses,omitempty"`
	// Reversed are the tiers whose bonus must be taken back.
	Reversed []string `json:"reversed,omitempty"`
}

// Step is one step of a person in a programme: what happened, what it came to, and the state after it.
type Step struct {
	Kind StepKind `json:"kind"`
	// ReferralID is the referral that completed or was reversed.
	ReferralID string `json:"referral"`
	// Version of the programme whose ladder applied.
	Version int64 `json:"version"`
	// Fraud says that a reversal was for fraud.
	Fraud bool `json:"fraud,omitempty"`
	// Outcome answers the command.
	Outcome Outcome `json:"outcome"`
	// After is the state after the step.
	After Member `json:"after"`
}

// Complete counts one completed referral on a ladder. The referral is paid at the tier held before it; every tier crossed
// for the first time pays its bonus and grants its premium.
func Complete(m Member, l Ladder, referralID string, at time.Time) (Step, error) {
	if m.Completed == math.MaxInt64 {
		return Step{}, ErrCountOverflow
	}
	before, crossed := m.HeldOn(l), 0
	if m.Tier != "" {
		crossed = before + 1
	}
	for _, t := range l.Tiers[:crossed] {
		m, _ = m.reach(t.Name) // tiers below the one held pay nothing after the fact
	}
	m.Completed++
	after := max(before, l.at(m.Completed))
	outcome := Outcome{
		TierBefore: l.Tiers[before].Name, TierAfter: l.Tiers[after].Name,
		Completed: m.Completed, Reward: l.Tiers[before].Reward,
	}
	for _, t := range l.Tiers[crossed : after+1] {
		var first bool
		if m, first = m.reach(t.Name); first && t.Bonus > 0 {
			outcome.Bonuses = append(outcome.Bonuses, Bonus{Tier: t.Name, Amount: t.Bonus})
			m.Paid = append(slices.Clip(m.Paid), PaidBonus{Tier: t.Name, At: t.Threshold})
		}
		if t.Premium && !m.Premium {
			m.Premium, m.PremiumAt = true, t.Threshold
		}
	}
	if after > before || m.Tier == "" {
		m = m.moveTo(l.Tiers[after], at)
	}
	return Step{Kind: StepCompletion, ReferralID: referralID, Version: l.Version, Outcome: outcome, After: m}, nil
}

// Reverse takes one completed referral out of the count. The tier follows when the ladder's policy says so, and always for
// fraud; bonuses and premium that the remaining count does not carry are taken back for fraud only.
func Reverse(m Member, l Ladder, referralID string, fraud bool, at time.Time) Step {
	before := m.HeldOn(l)
	m.Completed--
	after := before
	if fraud || l.Policy == OnReversal {
		after = min(before, l.at(m.Completed))
	}
	outcome := Outcome{TierBefore: l.Tiers[before].Name, TierAfter: l.Tiers[after].Name, Completed: m.Completed}
	if after < before {
		m = m.moveTo(l.Tiers[after], at)
	}
	if fraud {
		m, outcome.Reversed = m.takeBack()
	}
	return Step{
		Kind: StepReversal, ReferralID: referralID, Version: l.Version, Fraud: fraud, Outcome: outcome, After: m,
	}
}

// takeBack returns the member without the bonuses and the premium that the count does not carry, and the tiers whose bonus
// is gone, in the order in which they were paid.
func (m Member) takeBack() (Member, []string) {
	var kept []PaidBonus
	var gone []string
	for _, b := range m.Paid {
		if b.At > m.Completed {
			gone = append(gone, b.Tier)
			continue
		}
		kept = append(kept, b)
	}
	m.Paid = kept
	if m.Premium && m.PremiumAt > m.Completed {
		m.Premium, m.PremiumAt = false, 0
	}
	return m, gone
}
