package domain

import (
	"errors"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// standard is the default ladder of programmes in paisa.
func standard() Ladder {
	return Ladder{ProgramID: "p1", Version: 1, Policy: FraudOnly, Tiers: []Tier{
		{Name: "STARTER", Threshold: 0, Reward: 5000},
		{Name: "PRO", Threshold: 5, Reward: 10000, Bonus: 20000},
		{Name: "ELITE", Threshold: 10, Reward: 15000, Bonus: 50000},
		{Name: "CHAMPION", Threshold: 20, Reward: 20000, Bonus: 100000},
		{Name: "LEGEND", Threshold: 50, Reward: 30000, Bonus: 250000, Premium: true},
	}}
}

func TestT1_LadderNamesDifferAndThresholdsRiseFromZero(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Ladder)
		field  string
	}{
		"standard":             {func(*Ladder) {}, ""},
		"one tier":             {func(l *Ladder) { l.Tiers = l.Tiers[:1] }, ""},
		"no tiers":             {func(l *Ladder) { l.Tiers = nil }, "ladder.tiers"},
		"too many tiers":       {func(l *Ladder) { l.Tiers = make([]Tier, MaxTiers+1) }, "ladder.tiers"},
		"first threshold":      {func(l *Ladder) { l.Tiers[0].Threshold = 1 }, "ladder.tiers[0].threshold"},
		"equal thresholds":     {func(l *Ladder) { l.Tiers[2].Threshold = 5 }, "ladder.tiers[2].threshold"},
		"falling thresholds":   {func(l *Ladder) { l.Tiers[3].Threshold = 9 }, "ladder.tiers[3].threshold"},
		"equal names":          {func(l *Ladder) { l.Tiers[4].Name = "PRO" }, "ladder.tiers[4].name"},
		"no name":              {func(l *Ladder) { l.Tiers[1].Name = "" }, "ladder.tiers[1].name"},
		"negative reward":      {func(l *Ladder) { l.Tiers[1].Reward = -1 }, "ladder.tiers[1].reward_minor"},
		"negative bonus":       {func(l *Ladder) { l.Tiers[1].Bonus = -1 }, "ladder.tiers[1].bonus_minor"},
		"bonus of the first":   {func(l *Ladder) { l.Tiers[0].Bonus = 1 }, ""},
		"rewards that fall":    {func(l *Ladder) { l.Tiers[1].Reward = 0 }, ""},
		"threshold of a count": {func(l *Ladder) { l.Tiers[1].Threshold = 1 }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := standard()
			c.change(&l)
			var ladder *LadderError
			err := l.Validate()
			if c.field == "" && err != nil {
				t.Fatalf("refused: %v", err)
			}
			if c.field != "" && (!errors.As(err, &ladder) || ladder.Field != c.field) {
				t.Fatalf("got %v, want an error about %s", err, c.field)
			}
		})
	}
}

func TestT1_ThresholdsAreInclusive(t *testing.T) {
	l := standard()
	for count, want := range map[int64]string{
		-1: "STARTER", 0: "STARTER", 4: "STARTER", 5: "PRO", 9: "PRO", 10: "ELITE", 19: "ELITE", 20: "CHAMPION",
		49: "CHAMPION", 50: "LEGEND", 1 << 40: "LEGEND",
	} {
		if got := l.Tiers[l.at(count)].Name; got != want {
			t.Errorf("%d amounts to %s, want %s", count, got, want)
		}
	}
}
