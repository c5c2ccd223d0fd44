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
	var orders []Order
	for i := range r.Rewards {
		reward := &r.Rewards[i]
		if reward.Refused || reward.isBonus() {
			continue // a bonus is taken back only when tier says so
		}
		reward.Reversed = true
		orders = append(orders, reverseOrder(reward.ID(r), reward.beneficiary(r), t.Currency, m.Reason))
	}
	if r.Fired >= Completed.rank() {
		orders = append(orders, uncompletionOrder(r, m.Reason == ReasonFraud), unscoreOrder(r, t))
	}
	return orders
}
