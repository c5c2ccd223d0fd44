package domain

import (
	"testing"
	"time"
)

func TestM6_RewardThatWaitsForBudgetIsReleasedAfterItsHold(t *testing.T) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	r := Referral{ID: "r1", ProgramID: "p1", ReferrerID: "ann"}
	order := r.issue(Reward{Trigger: Completed, Side: Referrer, AmountMinor: 100}, Terms{Currency: "INR", HoldPeriod: time.Hour})
	if order.Body.Hold != time.Hour {
		t.Fatalf("the reward is held for %s", order.Body.Hold)
	}
	orders := r.Delivered(order, Result{Queued: true}, Terms{}, now)
	if len(orders) != 1 || orders[0].Kind != ReleaseReward || !orders[0].NotBefore.Equal(now.Add(time.Hour)) {
		t.Fatalf("got %+v", orders)
	}
	order.Body.Hold = 0
	if orders = r.Delivered(order, Result{Queued: true}, Terms{}, now); len(orders) != 0 {
		t.Fatalf("a reward without hold needs no release: %+v", orders)
	}
}
