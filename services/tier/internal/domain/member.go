package domain

import (
	"slices"
	"time"
)

// Member is the state of one person in one programme. The zero value is a person without completed referrals.
type Member struct {
	// Completed counts completed, unreversed referrals.
	Completed int64 `json:"completed"`
	// Tier is the name of the tier held, as the ladder that gave it calls it; empty for the lowest.
	Tier string `json:"tier,omitempty"`
	// TierAt is the threshold at which that ladder gives it.
	TierAt int64 `json:"tier_at,omitempty"`
	// TierSince is when the tier last changed; zero when it never did.
	TierSince time.Time `json:"tier_since,omitempty,omitzero"`
	// Premium says that the person has premium for life.
	Premium bool `json:"premium,omitempty"`
	// PremiumAt is the threshold of the tier that granted it.
	PremiumAt int64 `json:"premium_at,omitempty"`
	// Reached are the names of all tiers ever reached. None of them pays a bonus again.
	Reached []string `json:"reached,omitempty"`
	// Paid are the bonuses that were paid and not taken back.
	Paid []PaidBonus `json:"paid,omitempty"`
}

// PaidBonus is a bonus that was paid.
type PaidBonus struct {
	Tier string `json:"tier"`
	// At is the threshold at which it was earned.
	At int64 `json:"at"`
}

// HeldOn returns the place of the member's tier on a ladder.
func (m Member) HeldOn(l Ladder) int {
	if m.Tier == "" {
		return 0
	}
	if i := l.index(m.Tier); i >= 0 {
		return i
	}
	return l.at(m.TierAt)
}

// Standing is where a member stands on a ladder.
type Standing struct {
	// Tier is the name of the tier held.
	Tier string
	// Next is the name of the tier above; empty at the top.
	Next string
	// Missing is how many completed referrals lead to Next, at least 1; 0 at the top.
	Missing int64
}

// Standing returns where the member stands on a ladder.
func (m Member) Standing(l Ladder) Standing {
	held := m.HeldOn(l)
	s := Standing{Tier: l.Tiers[held].Name}
	if held+1 < len(l.Tiers) {
		next := l.Tiers[held+1]
		s.Next, s.Missing = next.Name, max(1, next.Threshold-m.Completed)
	}
	return s
}

// moveTo returns the member at another tier of a ladder.
func (m Member) moveTo(t Tier, at time.Time) Member {
	if m.Tier != "" || t.Threshold > 0 {
		m.TierSince = at.UTC().Truncate(time.Millisecond)
	}
	m.Tier, m.TierAt = t.Name, t.Threshold
	return m
}

// reach returns the member with a tier among those reached, and whether it was not before.
func (m Member) reach(name string) (Member, bool) {
	if slices.Contains(m.Reached, name) {
		return m, false
	}
	m.Reached = append(slices.Clip(m.Reached), name)
	return m, true
}
