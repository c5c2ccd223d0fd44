package domain

// Reasons of reversals.
const (
	ReasonRefund = "REFUND"
	ReasonFraud  = "FRAUD"
)

// reverse takes back what the referral caused so far and keeps it from causing more. A referral is reversed once: later
// refunds and rejections find it reversed already.
func (r *Referral) reverse(m Mark, t Terms) []Order {
	if r.Reversed != nil {
		return nil
	}
	r.Reversed = &m
	orders := r.takeBack(t)
	if r.Fired >= Completed.rank() {
		orders = append(orders, uncompletionOrder(r, m.Reason == ReasonFraud), unscoreOrder(r, t))
	}
	return orders
}

// takeBack orders the reversal of every reward that is not on its way back yet. A bonus is taken back only when tier says
// so.
func (r *Referral) takeBack(t Terms) []Order {
	var orders []Order
	for i := range r.Rewards {
		reward := &r.Rewards[i]
		if reward.Refused || reward.Reversed || reward.isBonus() {
			continue
		}
		reward.Reversed = true
		orders = append(orders, reverseOrder(reward.ID(r), reward.beneficiary(r), t.Currency, r.Reversed.Reason))
	}
	return orders
}
