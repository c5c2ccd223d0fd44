package domain

import "time"

// Kind is what an order asks for, and of whom.
type Kind string

// The kinds.
const (
	RecordCompletion  Kind = "tier.record_completion"
	ReverseCompletion Kind = "tier.reverse_completion"
	IssueReward       Kind = "wallet.issue_reward"
	ReleaseReward     Kind = "wallet.release_reward"
	ReverseReward     Kind = "wallet.reverse_reward"
	RecordScore       Kind = "leaderboard.record_score"
	AssessReferral    Kind = "fraud.assess"
	CompleteSelf      Kind = "referral.complete"
)

// Lanes: orders of one lane are delivered strictly one after the other.
const (
	laneMoney     = "money"
	laneScore     = "score"
	laneLifecycle = "lifecycle"
	laneAssess    = "assess"
)

// Order is a command that a referral causes elsewhere. All of it is fixed when it is made, so that every delivery
// attempt says the same.
type Order struct {
	// ID is the command id, derived from what the order means (M2).
	ID string
	// Kind is what is asked for.
	Kind Kind
	// Lane is the queue it stands in.
	Lane string
	// NotBefore is the earliest delivery; the zero time means at once.
	NotBefore time.Time
	// Body is the rest.
	Body Body
}

// Body holds what an order says beyond its referral's own identity. Fields that a kind does not need are empty.
type Body struct {
	Beneficiary string        `json:"beneficiary,omitempty"`
	Side        Side          `json:"side,omitempty"`
	AmountMinor int64         `json:"amount_minor,omitempty"`
	Currency    string        `json:"currency,omitempty"`
	Hold        time.Duration `json:"hold,omitempty"`
	Tier        string        `json:"tier,omitempty"`
	Bonus       bool          `json:"bonus,omitempty"`
	RewardID    string        `json:"reward_id,omitempty"`
	Reason      string        `json:"reason,omitempty"`
	Fraud       bool          `json:"fraud,omitempty"`
	Delta       int64         `json:"delta,omitempty"`
	OccurredAt  time.Time     `json:"occurred_at,omitempty,omitzero"`
	TimeZone    string        `json:"time_zone,omitempty"`
	Facts       *Facts        `json:"facts,omitempty"`
}

// Facts are what fraud is told about a new referral beyond the people involved. They are personal data: a referral keeps
// them only while a deferred assessment waits for its delivery.
type Facts struct {
	IPAddress         string `json:"ip_address,omitempty"`
	DeviceID          string `json:"device_id,omitempty"`
	ReferrerIPAddress string `json:"referrer_ip_address,omitempty"`
	ReferrerDeviceID  string `json:"referrer_device_id,omitempty"`
}

func (r *Referral) key() string { return r.ProgramID + "/" + r.ID }

func completionOrder(r *Referral) Order {
	return Order{ID: "completion/" + r.key(), Kind: RecordCompletion, Lane: laneMoney}
}

func uncompletionOrder(r *Referral, fraud bool) Order {
	return Order{ID: "reverse/completion/" + r.key(), Kind: ReverseCompletion, Lane: laneMoney, Body: Body{Fraud: fraud}}
}

func scoreOrder(r *Referral, t Terms) Order {
	return Order{ID: "score/" + r.key(), Kind: RecordScore, Lane: laneScore,
		Body: Body{Delta: 1, OccurredAt: r.CompletedAt, TimeZone: t.TimeZone}}
}

func unscoreOrder(r *Referral, t Terms) Order {
	o := scoreOrder(r, t)
	o.ID, o.Body.Delta = "reverse/"+o.ID, -1
	return o
}

func assessOrder(r *Referral, facts Facts) Order {
	return Order{ID: "assess/" + r.key(), Kind: AssessReferral, Lane: laneAssess, Body: Body{Facts: &facts}}
}

func completeOrder(r *Referral, due time.Time) Order {
	return Order{ID: "complete/" + r.key(), Kind: CompleteSelf, Lane: laneLifecycle, NotBefore: due}
}

func reverseOrder(rewardID, beneficiary, currency, reason string) Order {
	return Order{ID: "reverse/" + rewardID, Kind: ReverseReward, Lane: laneMoney,
		Body: Body{RewardID: rewardID, Beneficiary: beneficiary, Currency: currency, Reason: reason}}
}
