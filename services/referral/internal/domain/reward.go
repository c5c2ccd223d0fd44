package domain

import "strings"

// Reward is a reward or tier bonus that a referral ordered.
type Reward struct {
	// Trigger is the stage it is for; empty for a bonus.
	Trigger Status `json:"trigger,omitempty"`
	// Side says who is paid.
	Side Side `json:"side"`
	// Tier is the tier that set the amount, or whose bonus it is.
	Tier string `json:"tier,omitempty"`
	// AmountMinor is in minor units of the terms' currency.
	AmountMinor int64 `json:"amount_minor"`
	// Reversed is true once its reversal was ordered.
	Reversed bool `json:"reversed,omitempty"`
	// Refused is true once wallet refused it for good.
	Refused bool `json:"refused,omitempty"`
}

func (w Reward) isBonus() bool { return w.Trigger == "" }

// ID returns the command id of the reward (M2).
func (w Reward) ID(r *Referral) string {
	if w.isBonus() {
		return bonusID(r, w.Tier)
	}
	return "reward/" + r.key() + "/" + strings.ToLower(string(w.Trigger)) + "/" + string(w.Side)
}

func bonusID(r *Referral, tier string) string {
	return "bonus/" + r.ProgramID + "/" + r.ReferrerID + "/" + tier
}

func (w Reward) beneficiary(r *Referral) string {
	if w.Side == Referee {
		return r.RefereeID
	}
	return r.ReferrerID
}

// issue remembers a reward and returns the order to pay it.
func (r *Referral) issue(w Reward, t Terms) Order {
	r.Rewards = append(r.Rewards, w)
	return Order{ID: w.ID(r), Kind: IssueReward, Lane: laneMoney, Body: Body{
		Beneficiary: w.beneficiary(r), Side: w.Side, AmountMinor: w.AmountMinor, Currency: t.Currency,
		Hold: t.HoldPeriod, Tier: w.Tier, Bonus: w.isBonus(),
	}}
}

// reward returns the reward with the given command id, nil when this referral did not order it.
func (r *Referral) reward(id string) *Reward {
	for i := range r.Rewards {
		if r.Rewards[i].ID(r) == id {
			return &r.Rewards[i]
		}
	}
	return nil
}
