package domain_test

import (
	"errors"
	"testing"
	"time"

	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

func TestT1_DefaultLadder(t *testing.T) {
	tm := domain.DefaultTerms()
	if err := tm.Check(); err != nil {
		t.Fatal(err)
	}
	last := tm.Tiers[len(tm.Tiers)-1]
	if last.Name != "LEGEND" || last.Threshold != 50 || last.RewardMinor != 30000 || last.BonusMinor != 250000 || !last.Premium {
		t.Errorf("the highest tier is %+v", last)
	}
}

func TestTermsThatCannotBeKeptAreRefusedByField(t *testing.T) {
	for field, change := range map[string]func(*domain.Terms){
		"terms.currency":                     func(t *domain.Terms) { t.Currency = "rupee" },
		"terms.ladder.tiers":                 func(t *domain.Terms) { t.Tiers = nil },
		"terms.ladder.tiers[0].threshold":    func(t *domain.Terms) { t.Tiers[0].Threshold = 1 },
		"terms.ladder.tiers[2].threshold":    func(t *domain.Terms) { t.Tiers[2].Threshold = 5 },
		"terms.ladder.tiers[1].name":         func(t *domain.Terms) { t.Tiers[1].Name = "STARTER" },
		"terms.ladder.tiers[3].name":         func(t *domain.Terms) { t.Tiers[3].Name = "champion" },
		"terms.ladder.tiers[0].reward_minor": func(t *domain.Terms) { t.Tiers[0].RewardMinor = -1 },
		"terms.ladder.tiers[4].bonus_minor":  func(t *domain.Terms) { t.Tiers[4].BonusMinor = 1e12 + 1 },
		"terms.stage_rewards[0]": func(t *domain.Terms) {
			t.StageRewards = []domain.StageReward{{Stage: domain.Completed, Side: domain.Referrer, AmountMinor: 1}}
		},
		"terms.stage_rewards[1]": func(t *domain.Terms) {
			t.StageRewards = []domain.StageReward{{Stage: domain.Active, Side: domain.Referee, AmountMinor: 1}, {Stage: domain.Active, Side: domain.Referee, AmountMinor: 2}}
		},
		"terms.stage_rewards[0].stage": func(t *domain.Terms) {
			t.StageRewards = []domain.StageReward{{Stage: domain.Pending, Side: domain.Referee, AmountMinor: 1}}
		},
		"terms.stage_rewards[0].side": func(t *domain.Terms) {
			t.StageRewards = []domain.StageReward{{Stage: domain.Active, AmountMinor: 1}}
		},
		"terms.stage_rewards[0].amount_minor": func(t *domain.Terms) {
			t.StageRewards = []domain.StageReward{{Stage: domain.Active, Side: domain.Referee}}
		},
		"terms.hold_period":          func(t *domain.Terms) { t.HoldPeriod = -1 },
		"terms.expires_after":        func(t *domain.Terms) { t.ExpiresAfter = time.Minute },
		"terms.late_event_grace":     func(t *domain.Terms) { t.LateEventGrace = 91 * 24 * time.Hour },
		"terms.qualification_window": func(t *domain.Terms) { t.QualificationWindow = time.Microsecond },
		"terms.tier_downgrade":       func(t *domain.Terms) { t.Downgrade = "NEVER" },
		"terms.time_zone":            func(t *domain.Terms) { t.TimeZone = "Asia/Atlantis" },
	} {
		err := terms(change).Check()
		var r *domain.Refusal
		if !errors.As(err, &r) || r.Reason != "TERMS_INVALID" || r.Field != field {
			t.Errorf("%s: %v (field %v)", field, err, r)
		}
	}
	if err := terms(func(t *domain.Terms) { t.TimeZone = "Local" }).Check(); reason(err) != "TERMS_INVALID" {
		t.Error("the zone of the machine is no promise")
	}
}

func TestEqualTermsIgnoreTheOrderOfStageRewards(t *testing.T) {
	a := terms(func(t *domain.Terms) {
		t.StageRewards = []domain.StageReward{{Stage: domain.Active, Side: domain.Referee, AmountMinor: 1}, {Stage: domain.Registered, Side: domain.Referrer, AmountMinor: 2}}
	})
	b := terms(func(t *domain.Terms) {
		t.StageRewards = []domain.StageReward{{Stage: domain.Registered, Side: domain.Referrer, AmountMinor: 2}, {Stage: domain.Active, Side: domain.Referee, AmountMinor: 1}}
	})
	if !a.Equal(b) || a.Equal(domain.DefaultTerms()) {
		t.Error("equality is wrong")
	}
}

func TestR6_ContactsAreComparedNormalised(t *testing.T) {
	for _, c := range []struct {
		a, b domain.Contact
		same bool
	}{
		{domain.Contact{Email: "Asha.Rao+offer@GMail.com"}, domain.Contact{Email: "asharao@googlemail.com"}, true},
		{domain.Contact{Email: "asha@example.com "}, domain.Contact{Email: "ASHA+1@example.com"}, true},
		{domain.Contact{Email: "a.sha@example.com"}, domain.Contact{Email: "asha@example.com"}, false},
		{domain.Contact{}, domain.Contact{}, false},
		{domain.Contact{Phone: "+91 98765-43210"}, domain.Contact{Phone: "0091 98765 43210"}, true},
		{domain.Contact{Phone: "098765 43210"}, domain.Contact{Phone: "+919876543210"}, true},
		{domain.Contact{Phone: "+1 9876543210"}, domain.Contact{Phone: "+91 9876543210"}, false},
		{domain.Contact{Phone: "43210"}, domain.Contact{Phone: "+919876543210"}, false},
	} {
		if got := domain.SameContact(c.a, c.b); got != c.same {
			t.Errorf("%+v and %+v: %v", c.a, c.b, got)
		}
	}
}
