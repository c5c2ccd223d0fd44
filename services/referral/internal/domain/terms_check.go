package domain

import (
	"fmt"
	"regexp"
	"time"
)

const (
	reasonTerms    = "TERMS_INVALID"
	maxAmountMinor = 1_000_000_000_000
	maxTiers       = 20
)

var (
	currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)
	tierPattern     = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,31}$`)
)

// Check refuses terms that could not be kept, with TERMS_INVALID naming the field.
func (t Terms) Check() error {
	if !currencyPattern.MatchString(t.Currency) {
		return invalid(reasonTerms, "terms.currency", "currency %q is not an ISO 4217 code: use three capitals such as INR", t.Currency)
	}
	if err := checkTiers(t.Tiers); err != nil {
		return err
	}
	if err := checkStageRewards(t.StageRewards); err != nil {
		return err
	}
	if err := t.checkPeriods(); err != nil {
		return err
	}
	if t.Downgrade != FraudOnly && t.Downgrade != OnReversal {
		return invalid(reasonTerms, "terms.tier_downgrade", "downgrade policy %q is unknown", string(t.Downgrade))
	}
	if t.TimeZone == "" || t.TimeZone == "Local" {
		return invalid(reasonTerms, "terms.time_zone", "time zone %q is not an IANA name such as Asia/Kolkata", t.TimeZone)
	}
	if _, err := time.LoadLocation(t.TimeZone); err != nil {
		return invalid(reasonTerms, "terms.time_zone", "time zone %q is not known: use an IANA name such as Asia/Kolkata", t.TimeZone)
	}
	return nil
}

func checkTiers(tiers []Tier) error {
	const ladder = "terms.ladder.tiers"
	if len(tiers) == 0 || len(tiers) > maxTiers {
		return invalid(reasonTerms, ladder, "a ladder has 1 to %d tiers, not %d", maxTiers, len(tiers))
	}
	names := make(map[string]bool, len(tiers))
	for i, tier := range tiers {
		at := func(field string) string { return fmt.Sprintf("%s[%d].%s", ladder, i, field) }
		switch {
		case !tierPattern.MatchString(tier.Name):
			return invalid(reasonTerms, at("name"), "tier name %q must be capitals, digits and underscores, at most 32", tier.Name)
		case names[tier.Name]:
			return invalid(reasonTerms, at("name"), "tier name %q is used twice", tier.Name)
		case i == 0 && tier.Threshold != 0:
			return invalid(reasonTerms, at("threshold"), "the first threshold must be 0, not %d", tier.Threshold)
		case i > 0 && tier.Threshold <= tiers[i-1].Threshold:
			return invalid(reasonTerms, at("threshold"), "thresholds must rise: %d does not exceed %d", tier.Threshold, tiers[i-1].Threshold)
		case tier.RewardMinor < 0 || tier.RewardMinor > maxAmountMinor:
			return invalid(reasonTerms, at("reward_minor"), "reward %d is not between 0 and %d", tier.RewardMinor, int64(maxAmountMinor))
		case tier.BonusMinor < 0 || tier.BonusMinor > maxAmountMinor:
			return invalid(reasonTerms, at("bonus_minor"), "bonus %d is not between 0 and %d", tier.BonusMinor, int64(maxAmountMinor))
		}
		names[tier.Name] = true
	}
	return nil
}

func checkStageRewards(rewards []StageReward) error {
	seen := make(map[StageReward]bool, len(rewards))
	for i, reward := range rewards {
		at := fmt.Sprintf("terms.stage_rewards[%d]", i)
		key := StageReward{Stage: reward.Stage, Side: reward.Side}
		switch {
		case !reward.Stage.IsStage():
			return invalid(reasonTerms, at+".stage", "stage %q is not a stage that can be rewarded", string(reward.Stage))
		case reward.Side != Referrer && reward.Side != Referee:
			return invalid(reasonTerms, at+".side", "side %q is not REFERRER or REFEREE", string(reward.Side))
		case reward.Stage == Completed && reward.Side == Referrer:
			return invalid(reasonTerms, at, "the referrer's reward at COMPLETED comes from the ladder: give it there")
		case reward.AmountMinor < 1 || reward.AmountMinor > maxAmountMinor:
			return invalid(reasonTerms, at+".amount_minor", "amount %d is not between 1 and %d", reward.AmountMinor, int64(maxAmountMinor))
		case seen[key]:
			return invalid(reasonTerms, at, "%s of the %s is rewarded twice: give one amount", reward.Stage, reward.Side)
		}
		seen[key] = true
	}
	return nil
}

func (t Terms) checkPeriods() error {
	for _, p := range []struct {
		field     string
		value     time.Duration
		low, high time.Duration
	}{
		{"hold_period", t.HoldPeriod, 0, 365 * day},
		{"expires_after", t.ExpiresAfter, time.Hour, 1095 * day},
		{"late_event_grace", t.LateEventGrace, 0, 90 * day},
		{"qualification_window", t.QualificationWindow, 0, 365 * day},
	} {
		if p.value < p.low || p.value > p.high {
			return invalid(reasonTerms, "terms."+p.field, "%s of %s is not between %s and %s", p.field, p.value, p.low, p.high)
		}
		if p.value%time.Millisecond != 0 {
			return invalid(reasonTerms, "terms."+p.field, "%s of %s is finer than a millisecond", p.field, p.value)
		}
	}
	return nil
}
