package domain

import (
	"slices"
	"time"
)

// Terms are what a programme promises. A referral keeps the version it was created under (R9).
type Terms struct {
	Currency               string        `json:"currency"`
	Tiers                  []Tier        `json:"tiers"`
	StageRewards           []StageReward `json:"stage_rewards,omitempty"`
	HoldPeriod             time.Duration `json:"hold_period"`
	ExpiresAfter           time.Duration `json:"expires_after"`
	LateEventGrace         time.Duration `json:"late_event_grace"`
	QualificationWindow    time.Duration `json:"qualification_window"`
	AllowExistingCustomers bool          `json:"allow_existing_customers,omitempty"`
	Downgrade              Downgrade     `json:"downgrade"`
	TimeZone               string        `json:"time_zone"`
}

// Tier is one rung of the ladder. Amounts are in minor units of the terms' currency.
type Tier struct {
	Name        string `json:"name"`
	Threshold   int64  `json:"threshold"`
	RewardMinor int64  `json:"reward_minor"`
	BonusMinor  int64  `json:"bonus_minor"`
	Premium     bool   `json:"premium,omitempty"`
}

// StageReward is a fixed reward at a stage.
type StageReward struct {
	Stage       Status `json:"stage"`
	Side        Side   `json:"side"`
	AmountMinor int64  `json:"amount_minor"`
}

// Downgrade says when a lower count lowers a referrer's tier (T3).
type Downgrade string

// The policies.
const (
	FraudOnly  Downgrade = "FRAUD_ONLY"
	OnReversal Downgrade = "ON_REVERSAL"
)

const day = 24 * time.Hour

// DefaultTerms returns the terms of a programme that says nothing: the ladder of T1, a hold of 7 days (M4), expiry after
// 90 days with a grace of 72 hours (R4) and no qualification window (R5).
func DefaultTerms() Terms {
	return Terms{
		Currency: "INR",
		Tiers: []Tier{
			{Name: "STARTER", Threshold: 0, RewardMinor: 5000},
			{Name: "PRO", Threshold: 5, RewardMinor: 10000, BonusMinor: 20000},
			{Name: "ELITE", Threshold: 10, RewardMinor: 15000, BonusMinor: 50000},
			{Name: "CHAMPION", Threshold: 20, RewardMinor: 20000, BonusMinor: 100000},
			{Name: "LEGEND", Threshold: 50, RewardMinor: 30000, BonusMinor: 250000, Premium: true},
		},
		HoldPeriod:     7 * day,
		ExpiresAfter:   90 * day,
		LateEventGrace: 72 * time.Hour,
		Downgrade:      FraudOnly,
		TimeZone:       "Asia/Kolkata",
	}
}

// Equal reports whether both promise the same. The order of stage rewards does not matter.
func (t Terms) Equal(o Terms) bool {
	return t.Currency == o.Currency && slices.Equal(t.Tiers, o.Tiers) &&
		slices.Equal(sortedRewards(t.StageRewards), sortedRewards(o.StageRewards)) &&
		t.HoldPeriod == o.HoldPeriod && t.ExpiresAfter == o.ExpiresAfter && t.LateEventGrace == o.LateEventGrace &&
		t.QualificationWindow == o.QualificationWindow && t.AllowExistingCustomers == o.AllowExistingCustomers &&
		t.Downgrade == o.Downgrade && t.TimeZone == o.TimeZone
}

func sortedRewards(in []StageReward) []StageReward {
	return slices.SortedFunc(slices.Values(in), func(a, b StageReward) int {
		if d := a.Stage.rank() - b.Stage.rank(); d != 0 {
			return d
		}
		return compareSide(a.Side, b.Side)
	})
}

// compareSide puts the referrer first.
func compareSide(a, b Side) int {
	switch {
	case a == b:
		return 0
	case a == Referrer:
		return -1
	default:
		return 1
	}
}
