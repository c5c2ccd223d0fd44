package domain

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
)

// complete counts n referrals on a ladder and returns the last step.
func complete(t *testing.T, m Member, l Ladder, n int) Step {
	t.Helper()
	var s Step
	for i := range n {
		var err error
		if s, err = Complete(m, l, fmt.Sprintf("r%d", i), noon); err != nil {
			t.Fatal(err)
		}
		m = s.After
	}
	return s
}

func TestT2_CrossingReferralIsPaidAtTheTierHeldBefore(t *testing.T) {
	l := standard()
	s := complete(t, Member{}, l, 5)
	want := Outcome{TierBefore: "STARTER", TierAfter: "PRO", Completed: 5, Reward: 5000, Bonuses: []Bonus{{"PRO", 20000}}}
	if !reflect.DeepEqual(s.Outcome, want) {
		t.Fatalf("got %+v", s.Outcome)
	}
	s = complete(t, s.After, l, 1)
	want = Outcome{TierBefore: "PRO", TierAfter: "PRO", Completed: 6, Reward: 10000}
	if !reflect.DeepEqual(s.Outcome, want) {
		t.Fatalf("got %+v", s.Outcome)
	}
}

func TestT1_DefaultLadderPaysItsMoney(t *testing.T) {
	l, m := standard(), Member{}
	var rewards, bonuses int64
	for i := range 60 {
		s := complete(t, m, l, 1)
		rewards += s.Outcome.Reward
		for _, b := range s.Outcome.Bonuses {
			bonuses += b.Amount
		}
		if m = s.After; m.Premium != (i+1 >= 50) {
			t.Fatalf("premium is %v after %d", m.Premium, i+1)
		}
	}
	// 5 at 50, 5 at 100, 10 at 150, 30 at 200 and 10 at 300 rupees.
	if rewards != 250_00+500_00+1500_00+6000_00+3000_00 || bonuses != 200_00+500_00+1000_00+2500_00 {
		t.Fatalf("paid %d and %d", rewards, bonuses)
	}
}

func TestT2_JumpOverTwoThresholdsPaysBothBonuses(t *testing.T) {
	far := standard()
	far.Tiers = far.Tiers[:1]
	m := complete(t, Member{}, far, 12).After // twelve referrals on a ladder with one tier
	near := standard()
	near.Version = 2
	s := complete(t, m, near, 1)
	if s.Outcome.TierBefore != "STARTER" || s.Outcome.TierAfter != "ELITE" || s.Outcome.Reward != 5000 {
		t.Fatalf("got %+v", s.Outcome)
	}
	if want := []Bonus{{"PRO", 20000}, {"ELITE", 50000}}; !reflect.DeepEqual(s.Outcome.Bonuses, want) {
		t.Fatalf("got %+v", s.Outcome.Bonuses)
	}
}

func TestT3_ReversalKeepsTheTierByDefault(t *testing.T) {
	l := standard()
	m := complete(t, Member{}, l, 5).After
	s := Reverse(m, l, "r4", false, noon)
	if s.Outcome.TierAfter != "PRO" || s.Outcome.Completed != 4 || s.Outcome.Reversed != nil {
		t.Fatalf("got %+v", s.Outcome)
	}
	if again := complete(t, s.After, l, 1); again.Outcome.TierBefore != "PRO" || again.Outcome.Bonuses != nil {
		t.Fatalf("got %+v", again.Outcome)
	}
}

func TestT3_ReversalLowersTheTierWhenTheProgrammeSaysSo(t *testing.T) {
	l := standard()
	l.Policy = OnReversal
	m := complete(t, Member{}, l, 5).After
	s := Reverse(m, l, "r4", false, noon)
	if s.Outcome.TierAfter != "STARTER" || s.Outcome.Reversed != nil || len(s.After.Paid) != 1 {
		t.Fatalf("got %+v", s)
	}
	again := complete(t, s.After, l, 1)
	if again.Outcome.TierBefore != "STARTER" || again.Outcome.TierAfter != "PRO" || again.Outcome.Bonuses != nil {
		t.Fatalf("a bonus is paid once for life, got %+v", again.Outcome)
	}
}

func TestT3_FraudTakesTierBonusAndPremiumBack(t *testing.T) {
	l := standard()
	m := complete(t, Member{}, l, 50).After
	s := Reverse(m, l, "r4", true, noon)
	if s.Outcome.TierBefore != "LEGEND" || s.Outcome.TierAfter != "CHAMPION" ||
		!reflect.DeepEqual(s.Outcome.Reversed, []string{"LEGEND"}) || s.After.Premium {
		t.Fatalf("got %+v", s)
	}
	s = Reverse(s.After, l, "r5", true, noon)
	if s.Outcome.TierAfter != "CHAMPION" || s.Outcome.Reversed != nil {
		t.Fatalf("a bonus is taken back once, got %+v", s.Outcome)
	}
	if again := complete(t, s.After, l, 2); again.Outcome.Bonuses != nil || !again.After.Premium {
		t.Fatalf("got %+v", again)
	}
}

func TestT3_FraudLeavesWhatTheRestOfTheCountCarries(t *testing.T) {
	l := standard()
	l.Tiers[1].Premium = true
	m := complete(t, Member{}, l, 6).After
	s := Reverse(m, l, "r0", true, noon) // five are left, which is what PRO takes
	if s.Outcome.TierAfter != "PRO" || s.Outcome.Reversed != nil || len(s.After.Paid) != 1 || !s.After.Premium {
		t.Fatalf("got %+v", s)
	}
}

func TestT2_PremiumIsForLife(t *testing.T) {
	l := standard()
	l.Policy = OnReversal
	m := complete(t, Member{}, l, 50).After
	for range 50 {
		m = Reverse(m, l, "r", false, noon).After
	}
	if !m.Premium || m.Completed != 0 || m.Standing(l).Tier != "STARTER" {
		t.Fatalf("got %+v", m)
	}
}

func TestT1_TierSurvivesAnotherLadder(t *testing.T) {
	v1 := standard()
	m := complete(t, Member{}, v1, 12).After // ELITE since 10
	for name, c := range map[string]struct {
		tiers  []Tier
		before string
		next   string
	}{
		"same name, higher threshold": {[]Tier{{Name: "STARTER"}, {Name: "ELITE", Threshold: 30}}, "ELITE", "ELITE"},
		"same name, lower threshold":  {[]Tier{{Name: "STARTER"}, {Name: "ELITE", Threshold: 3}, {Name: "TOP", Threshold: 13}}, "ELITE", "TOP"},
		"renamed":                     {[]Tier{{Name: "IRON"}, {Name: "GOLD", Threshold: 10}}, "GOLD", "GOLD"},
		"renamed and reached by count": {
			[]Tier{{Name: "IRON"}, {Name: "GOLD", Threshold: 11}, {Name: "RUBY", Threshold: 90}}, "IRON", "GOLD",
		},
	} {
		t.Run(name, func(t *testing.T) {
			v2 := Ladder{ProgramID: "p1", Version: 2, Tiers: c.tiers, Policy: FraudOnly}
			if got := m.Standing(v2).Tier; got != c.before {
				t.Errorf("holds %s, want %s", got, c.before)
			}
			if got := complete(t, m, v2, 1).Outcome; got.TierBefore != c.before || got.TierAfter != c.next {
				t.Errorf("moved %+v, want %s to %s", got, c.before, c.next)
			}
		})
	}
}

func TestT2_RenamedTierPaysNoSecondBonus(t *testing.T) {
	m := complete(t, Member{}, standard(), 6).After
	renamed := Ladder{ProgramID: "p1", Version: 2, Policy: OnReversal, Tiers: []Tier{
		{Name: "IRON"}, {Name: "BRASS", Threshold: 2, Bonus: 1}, {Name: "GOLD", Threshold: 5, Bonus: 1},
	}}
	m = complete(t, m, renamed, 1).After
	for range 6 {
		m = Reverse(m, renamed, "r", false, noon).After
	}
	if s := complete(t, m, renamed, 6); s.Outcome.TierAfter != "GOLD" || len(s.After.Paid) != 1 || s.After.Paid[0].Tier != "PRO" {
		t.Fatalf("got %+v", s)
	}
}

func TestT1_StandingTellsTheWayToTheNextTier(t *testing.T) {
	l := standard()
	for n, want := range map[int]Standing{
		0: {"STARTER", "PRO", 5}, 4: {"STARTER", "PRO", 1}, 5: {"PRO", "ELITE", 5}, 50: {"LEGEND", "", 0},
	} {
		m := complete(t, Member{}, l, n).After
		if got := m.Standing(l); got != want {
			t.Errorf("after %d: got %+v, want %+v", n, got, want)
		}
		if changed := n >= 5; changed == m.TierSince.IsZero() {
			t.Errorf("after %d: tier since %v", n, m.TierSince)
		}
	}
}

func TestT3_CountThatWouldOverflowIsRefused(t *testing.T) {
	if _, err := Complete(Member{Completed: math.MaxInt64}, standard(), "r", noon); !errors.Is(err, ErrCountOverflow) {
		t.Fatalf("got %v", err)
	}
}

func TestStepsShareNothingWithTheirHead(t *testing.T) {
	l := standard()
	head := complete(t, Member{}, l, 9).After
	before := fmt.Sprintf("%+v", head)
	one, two := complete(t, head, l, 1), complete(t, head, l, 1)
	Reverse(one.After, l, "r", true, noon)
	if fmt.Sprintf("%+v", head) != before || !reflect.DeepEqual(one, two) {
		t.Fatalf("the head changed to %+v", head)
	}
}
