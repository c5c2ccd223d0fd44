package domain_test

import (
	"slices"
	"testing"

	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

func paid(t *testing.T, tm domain.Terms) *domain.Referral {
	t.Helper()
	r := create(tm, domain.Cleared)
	record(t, r, "e", domain.Purchase, tm, start)
	r.Delivered(domain.Order{Kind: domain.RecordCompletion}, domain.Result{Completion: domain.Completion{TierBefore: "STARTER",
		RewardMinor: 5000, Bonuses: []domain.Bonus{{Tier: "PRO", AmountMinor: 20000}}}}, tm, start)
	return r
}

func TestRefundTakesBackRewardsButLeavesBonuses(t *testing.T) {
	tm := terms()
	r := paid(t, tm)
	got := ids(record(t, r, "f", domain.Refund, tm, start))
	want := []string{"reverse/reward/p/r1/completed/REFERRER", "reverse/completion/p/r1", "reverse/score/p/r1"}
	if !slices.Equal(got, want) {
		t.Errorf("orders are %v", got)
	}
	if again := record(t, r, "g", domain.Refund, tm, start); len(again) != 0 {
		t.Errorf("a second refund reverses nothing, got %v", ids(again))
	}
}

func TestT3_BonusesAreTakenBackOnlyWhenTierSaysSo(t *testing.T) {
	tm := terms()
	r := paid(t, tm)
	orders, changed, err := r.Decide(domain.Verdict{Decision: domain.Reject, Reason: "ring", By: "admin"}, tm, start)
	if err != nil || !changed || !slices.Contains(ids(orders), "reverse/completion/p/r1") {
		t.Fatalf("%v %v %v", ids(orders), changed, err)
	}
	for _, o := range orders {
		if o.Kind == domain.ReverseCompletion && !o.Body.Fraud {
			t.Error("tier must be told that it is for fraud")
		}
	}
	follow := r.Delivered(domain.Order{Kind: domain.ReverseCompletion}, domain.Result{BonusesToReverse: []string{"PRO"}}, tm, start)
	if len(follow) != 1 || follow[0].ID != "reverse/bonus/p/asha/PRO" || follow[0].Body.Reason != domain.ReasonFraud {
		t.Errorf("orders are %+v", follow)
	}
}

func TestRefundAfterRejectionReversesNothingTwice(t *testing.T) {
	tm := terms()
	r := paid(t, tm)
	if _, _, err := r.Decide(domain.Verdict{Decision: domain.Reject, Reason: "ring", By: "admin"}, tm, start); err != nil {
		t.Fatal(err)
	}
	if orders := record(t, r, "f", domain.Refund, tm, start); len(orders) != 0 {
		t.Errorf("orders are %v", ids(orders))
	}
	if r.Reversed.Reason != domain.ReasonFraud || r.Rejected.Reason != "ring" {
		t.Errorf("marks are %+v and %+v", r.Reversed, r.Rejected)
	}
}

func TestRefundBeforeTheCountIsAnsweredTakesTheRewardBackButNotTheBonus(t *testing.T) {
	tm := terms()
	r := create(tm, domain.Cleared)
	record(t, r, "e", domain.Purchase, tm, start)
	record(t, r, "f", domain.Refund, tm, start)
	orders := r.Delivered(domain.Order{Kind: domain.RecordCompletion}, domain.Result{Completion: domain.Completion{RewardMinor: 5000,
		Bonuses: []domain.Bonus{{Tier: "PRO", AmountMinor: 20000}}}}, tm, start)
	if got := ids(orders); !slices.Equal(got, []string{"reward/p/r1/completed/REFERRER", "bonus/p/asha/PRO", "reverse/reward/p/r1/completed/REFERRER"}) {
		t.Errorf("orders are %v", got)
	}
}

func TestF4_RewardsWaitUntilCleared(t *testing.T) {
	tm := terms(func(tm *domain.Terms) {
		tm.StageRewards = []domain.StageReward{{Stage: domain.Registered, Side: domain.Referee, AmountMinor: 10}}
	})
	for _, review := range []domain.Review{domain.Unassessed, domain.Held, domain.Blocked} {
		r := create(tm, review)
		if orders := record(t, r, "e", domain.Purchase, tm, start); len(orders) != 0 {
			t.Errorf("%s pays %v", review, ids(orders))
		}
		orders, _, err := r.Decide(domain.Verdict{Decision: domain.Approve, By: "admin"}, tm, start)
		if want := []string{"reward/p/r1/registered/REFEREE", "completion/p/r1", "score/p/r1"}; err != nil || !slices.Equal(ids(orders), want) {
			t.Errorf("%s, approved: %v %v", review, ids(orders), err)
		}
	}
}

func TestF4_LateAssessmentDecidesUnlessAPersonDid(t *testing.T) {
	tm := terms()
	for band, want := range map[domain.Band]domain.Review{domain.Allow: domain.Cleared, domain.NeedsReview: domain.Held,
		domain.Block: domain.Blocked, "NEW": domain.Held} {
		r := create(tm, domain.Unassessed)
		r.Assessed(band, tm, start)
		if r.Review != want {
			t.Errorf("%s leads to %s", band, r.Review)
		}
	}
	r := create(tm, domain.Unassessed)
	if _, _, err := r.Decide(domain.Verdict{Decision: domain.Reject, Reason: "x", By: "admin"}, tm, start); err != nil {
		t.Fatal(err)
	}
	if orders := r.Assessed(domain.Allow, tm, start); orders != nil || r.Review != domain.Blocked {
		t.Errorf("fraud overruled a person: %s", r.Review)
	}
	refused := create(tm, domain.Unassessed)
	refused.Refused(domain.Order{Kind: domain.AssessReferral}, tm, start)
	if refused.Review != domain.Held {
		t.Errorf("an assessment that is refused leads to %s", refused.Review)
	}
}

func TestDecisionStands(t *testing.T) {
	tm := terms()
	for first, second := range map[domain.Decision]domain.Decision{domain.Approve: domain.Reject, domain.Reject: domain.Approve} {
		r := create(tm, domain.Held)
		if _, changed, err := r.Decide(domain.Verdict{Decision: first}, tm, start); err != nil || !changed {
			t.Fatal(err)
		}
		if _, changed, err := r.Decide(domain.Verdict{Decision: first}, tm, start); err != nil || changed {
			t.Errorf("%s again: %v %v", first, changed, err)
		}
		if _, _, err := r.Decide(domain.Verdict{Decision: second}, tm, start); reason(err) != "REVIEW_DECIDED" {
			t.Errorf("%s after %s: %v", second, first, err)
		}
	}
}

func TestRefusedRewardIsNotTakenBack(t *testing.T) {
	tm := terms()
	r := paid(t, tm)
	r.Refused(domain.Order{ID: "reward/p/r1/completed/REFERRER", Kind: domain.IssueReward}, tm, start)
	if got := ids(record(t, r, "f", domain.Refund, tm, start)); slices.Contains(got, "reverse/reward/p/r1/completed/REFERRER") {
		t.Errorf("orders are %v", got)
	}
}
