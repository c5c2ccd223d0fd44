package domain

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// RedemptionLimits bound redemptions in one currency, in minor units. A zero means no limit.
type RedemptionLimits struct {
	// Min and Max bound one redemption.
	Min, Max int64
	// Daily bounds what one person redeems on one day.
	Daily int64
}

// RedemptionLimitTable holds the limits of each currency. AnyCurrency stands for those that have no limits of their own.
type RedemptionLimitTable map[string]RedemptionLimits

// AnyCurrency is the key of the limits of currencies that are not named.
const AnyCurrency = "*"

var (
	// ErrAmountTooSmall says that a redemption is below the minimum of its currency.
	ErrAmountTooSmall = errors.New("too small")
	// ErrAmountTooLarge says that a redemption is above the maximum of its currency.
	ErrAmountTooLarge = errors.New("too large")
)

// For returns the limits of a currency.
func (t RedemptionLimitTable) For(currency string) RedemptionLimits {
	if limits, ok := t[currency]; ok {
		return limits
	}
	return t[AnyCurrency]
}

// Check returns ErrAmountTooSmall or ErrAmountTooLarge for an amount that is never redeemed at once.
func (l RedemptionLimits) Check(amount int64, currency string) error {
	switch {
	case amount < l.Min:
		return fmt.Errorf("%w: at least %s are redeemed at once", ErrAmountTooSmall, Money(l.Min, currency))
	case l.Max > 0 && amount > l.Max:
		return fmt.Errorf("%w: at most %s are redeemed at once", ErrAmountTooLarge, Money(l.Max, currency))
	default:
		return nil
	}
}

var currencyOfLimits = regexp.MustCompile(`^([A-Z]{3}|\*)$`)

// ParseRedemptionLimits reads limits such as "INR:min=10000,max=5000000,daily=10000000;*:min=100". Amounts are minor units
// from 0 to MaxAmount; what is left out has no limit.
func ParseRedemptionLimits(text string) (RedemptionLimitTable, error) {
	table := RedemptionLimitTable{}
	for entry := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(entry) == "" {
			continue
		}
		currency, list, found := strings.Cut(strings.TrimSpace(entry), ":")
		if !found || !currencyOfLimits.MatchString(currency) {
			return nil, fmt.Errorf("%q must be a currency, a colon and limits, such as INR:min=10000,max=5000000", entry)
		}
		if _, twice := table[currency]; twice {
			return nil, fmt.Errorf("%s has limits twice: write one entry", currency)
		}
		limits, err := parseLimits(list)
		if err != nil {
			return nil, fmt.Errorf("limits of %s: %w", currency, err)
		}
		table[currency] = limits
	}
	return table, nil
}

func parseLimits(list string) (RedemptionLimits, error) {
	var l RedemptionLimits
	seen := map[string]bool{}
	for part := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		field, ok := map[string]*int64{"min": &l.Min, "max": &l.Max, "daily": &l.Daily}[name]
		amount, err := strconv.ParseInt(value, 10, 64)
		if !ok || seen[name] || err != nil || amount < 0 || amount > MaxAmount {
			return l, fmt.Errorf("%q must be min, max or daily, each once, with an amount of 0 to 1,000,000,000,000 minor units", part)
		}
		*field, seen[name] = amount, true
	}
	if l.Max > 0 && l.Min > l.Max || l.Daily > 0 && l.Min > l.Daily {
		return l, errors.New("min must not be above max or daily")
	}
	return l, nil
}
