package domain

import (
	"fmt"
	"slices"
)

// Policy says when a lower count lowers the tier.
type Policy string

// The policies.
const (
	// FraudOnly lowers the tier for reversals for fraud only.
	FraudOnly Policy = "FRAUD_ONLY"
	// OnReversal lowers the tier with every reversal.
	OnReversal Policy = "ON_REVERSAL"
)

// Tier is one rung of a ladder. Amounts are minor units of the programme's currency.
type Tier struct {
	Name string `json:"name"`
	// Threshold is the number of completed, unreversed referrals at which the tier is held; inclusive.
	Threshold int64 `json:"threshold"`
	// Reward is paid per completed referral while holding the tier.
	Reward int64 `json:"reward,omitempty"`
	// Bonus is paid on reaching the tier for the first time; 0 means none.
	Bonus int64 `json:"bonus,omitempty"`
	// Premium says that reaching the tier grants premium for life.
	Premium bool `json:"premium,omitempty"`
}

// Ladder is the list of tiers of one programme version. It never changes.
type Ladder struct {
	ProgramID string `json:"program"`
	// Version of the programme, from 1.
	Version int64 `json:"version"`
	// Tiers from the lowest to the highest.
	Tiers []Tier `json:"tiers"`
	// Policy of downgrades.
	Policy Policy `json:"policy"`
}

// MaxTiers is the largest number of tiers of a ladder.
const MaxTiers = 20

// LadderError says what is wrong with a ladder.
type LadderError struct {
	// Field is the path of the value at fault.
	Field string
	// Problem says what it must be.
	Problem string
}

// Error names the field and the problem.
func (e *LadderError) Error() string { return e.Field + " " + e.Problem }

// Validate returns a *LadderError unless names differ and thresholds rise from 0.
func (l Ladder) Validate() error {
	if len(l.Tiers) == 0 || len(l.Tiers) > MaxTiers {
		return &LadderError{Field: "ladder.tiers", Problem: fmt.Sprintf("must have 1 to %d tiers", MaxTiers)}
	}
	if l.Tiers[0].Threshold != 0 {
		return &LadderError{Field: "ladder.tiers[0].threshold", Problem: "must be 0: everybody holds the first tier from the start"}
	}
	for i, t := range l.Tiers {
		at := func(name string) string { return fmt.Sprintf("ladder.tiers[%d].%s", i, name) }
		switch {
		case t.Name == "":
			return &LadderError{Field: at("name"), Problem: "must not be empty"}
		case l.index(t.Name) != i:
			return &LadderError{Field: at("name"), Problem: "must differ from the names of the tiers below"}
		case i > 0 && t.Threshold <= l.Tiers[i-1].Threshold:
			return &LadderError{Field: at("threshold"), Problem: "must be greater than the threshold of the tier below"}
		case t.Reward < 0:
			return &LadderError{Field: at("reward_minor"), Problem: "must not be negative"}
		case t.Bonus < 0:
			return &LadderError{Field: at("bonus_minor"), Problem: "must not be negative"}
		}
	}
	return nil
}

// Equal reports whether both ladders say the same.
func (l Ladder) Equal(other Ladder) bool {
	return l.ProgramID == other.ProgramID && l.Version == other.Version && l.Policy == other.Policy &&
		slices.Equal(l.Tiers, other.Tiers)
}

// index returns the place of a tier, or -1.
func (l Ladder) index(name string) int {
	return slices.IndexFunc(l.Tiers, func(t Tier) bool { return t.Name == name })
}

// at returns the place of the highest tier that a count amounts to.
func (l Ladder) at(count int64) int {
	for i := len(l.Tiers) - 1; i > 0; i-- {
		if l.Tiers[i].Threshold <= count {
			return i
		}
	}
	return 0
}
