package domain

import "time"

// Complete moves a qualified referral whose qualification window has passed without a refund to COMPLETED (R5). Anything
// else stays as it is. It completes at the end of the window, however late it is noticed.
func (r *Referral) Complete(t Terms, now time.Time) []Order {
	due := r.QualifiedAt.Add(t.QualificationWindow)
	if r.Status != Qualified || r.Reversed != nil || (t.QualificationWindow > 0 && due.After(now)) {
		return nil
	}
	r.Status, r.CompletedAt = Completed, due
	r.step(Step{Cause: CauseWindowPassed, OccurredAt: due, RecordedAt: now})
	return r.fire(t)
}

// Expire moves a referral that can no longer qualify to EXPIRED and reports whether it did (R4).
func (r *Referral) Expire(t Terms, now time.Time) bool {
	at := r.SweepAt(t)
	if at.IsZero() || now.Before(at) {
		return false
	}
	r.Status = Expired
	r.step(Step{Cause: CauseExpired, OccurredAt: r.ExpiresAt, RecordedAt: now})
	return true
}

// fire orders what the reached stages cause, each stage once, while rewards may be paid.
func (r *Referral) fire(t Terms) []Order {
	reached := r.reached()
	if r.Review != Cleared || r.Reversed != nil || r.Fired >= reached {
		return nil
	}
	var orders []Order
	for _, stage := range stages[r.Fired:reached] {
		if stage == Completed {
			orders = append(orders, completionOrder(r), scoreOrder(r, t))
		}
		orders = append(orders, r.stageRewards(stage, t)...)
	}
	r.Fired = reached
	return orders
}

// reached is the rank of the highest stage reached. A referral that expired keeps what it reached before.
func (r *Referral) reached() int {
	if r.Status != Expired {
		return r.Status.rank()
	}
	top := 0
	for i := range r.History {
		top = max(top, r.History[i].Status.rank())
	}
	return top
}

func (r *Referral) stageRewards(stage Status, t Terms) []Order {
	var orders []Order
	for _, side := range [...]Side{Referrer, Referee} {
		for _, reward := range t.StageRewards {
			if reward.Stage == stage && reward.Side == side {
				orders = append(orders, r.issue(Reward{Trigger: stage, Side: side, AmountMinor: reward.AmountMinor}, t))
			}
		}
	}
	return orders
}
