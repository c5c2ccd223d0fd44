package domain

import "time"

// Result is what the receiver of an order answered. Only the fields of the order's kind are set.
type Result struct {
	// Completion answers RecordCompletion.
	Completion Completion `json:"completion,omitempty,omitzero"`
	// BonusesToReverse answers ReverseCompletion: tiers whose bonus must be taken back.
	BonusesToReverse []string `json:"bonuses_to_reverse,omitempty"`
	// ReleaseAt answers IssueReward: when the hold ends; the zero time when there is none.
	ReleaseAt time.Time `json:"release_at,omitempty,omitzero"`
	// Queued answers IssueReward: the reward waits for budget, and its hold begins when it is paid.
	Queued bool `json:"queued,omitempty"`
	// Band answers AssessReferral.
	Band Band `json:"band,omitempty"`
}

// Completion is what tier makes of a completed referral (T2).
type Completion struct {
	TierBefore  string  `json:"tier_before"`
	RewardMinor int64   `json:"reward_minor"`
	Bonuses     []Bonus `json:"bonuses,omitempty"`
}

// Bonus is earned by reaching a tier for the first time.
type Bonus struct {
	Tier        string `json:"tier"`
	AmountMinor int64  `json:"amount_minor"`
}

// Delivered applies the answer to an order and returns the orders that follow from it.
func (r *Referral) Delivered(o Order, res Result, t Terms, now time.Time) []Order {
	switch o.Kind {
	case RecordCompletion:
		return r.counted(res.Completion, t)
	case ReverseCompletion:
		return r.uncounted(res.BonusesToReverse, t)
	case IssueReward:
		if res.Queued && o.Body.Hold > 0 {
			res.ReleaseAt = now.Add(o.Body.Hold) // the earliest; the wallet says when it is too early
		}
		return r.issued(o, res.ReleaseAt)
	case AssessReferral:
		return r.Assessed(res.Band, t, now)
	case CompleteSelf:
		return r.Complete(t, now)
	case ReleaseReward, ReverseReward, RecordScore:
		return nil
	default:
		return nil
	}
}

// Refused applies a receiver's final no. A referral that fraud will not assess waits for a person (F4).
func (r *Referral) Refused(o Order, t Terms, now time.Time) []Order {
	switch o.Kind {
	case IssueReward:
		if reward := r.reward(o.ID); reward != nil {
			reward.Refused = true
		}
		return nil
	case AssessReferral:
		return r.Assessed(NeedsReview, t, now)
	case RecordCompletion, ReverseCompletion, ReleaseReward, ReverseReward, RecordScore, CompleteSelf:
		return nil
	default:
		return nil
	}
}

// counted orders the referrer's reward and the bonuses. A referral reversed in the meantime is paid all the same, and at
// once taken back: an earlier delivery whose answer was never stored may have paid it already. Bonuses belong to the
// person: only tier can say that they are taken back.
func (r *Referral) counted(c Completion, t Terms) []Order {
	var orders []Order
	if c.RewardMinor > 0 {
		orders = append(orders, r.issue(Reward{Trigger: Completed, Side: Referrer, Tier: c.TierBefore, AmountMinor: c.RewardMinor}, t))
	}
	for _, b := range c.Bonuses {
		if b.AmountMinor > 0 {
			orders = append(orders, r.issue(Reward{Side: Referrer, Tier: b.Tier, AmountMinor: b.AmountMinor}, t))
		}
	}
	if r.Reversed == nil {
		return orders
	}
	return append(orders, r.takeBack(t)...)
}

func (r *Referral) uncounted(tiers []string, t Terms) []Order {
	var orders []Order
	for _, tier := range tiers {
		id := bonusID(r, tier)
		if reward := r.reward(id); reward != nil {
			if reward.Refused {
				continue
			}
			reward.Reversed = true
		}
		orders = append(orders, reverseOrder(id, r.ReferrerID, t.Currency, ReasonFraud))
	}
	return orders
}

// issued orders the release of a held reward, unless it is on its way back already.
func (r *Referral) issued(o Order, releaseAt time.Time) []Order {
	reward := r.reward(o.ID)
	if releaseAt.IsZero() || reward == nil || reward.Reversed {
		return nil
	}
	return []Order{{ID: "release/" + o.ID, Kind: ReleaseReward, Lane: laneMoney, NotBefore: releaseAt,
		Body: Body{RewardID: o.ID, Beneficiary: o.Body.Beneficiary, Currency: o.Body.Currency}}}
}
