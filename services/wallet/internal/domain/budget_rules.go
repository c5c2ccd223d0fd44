package domain

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// Scope says whose rewards a limit bounds.
type Scope string

// The scopes of limits.
const (
	// ScopeProgram bounds all rewards of a programme together.
	ScopeProgram Scope = "PROGRAM"
	// ScopeReferrer bounds the rewards of each referrer, tier bonuses included.
	ScopeReferrer Scope = "REFERRER"
)

// WhenExhausted says what becomes of a reward that does not fit into a limit.
type WhenExhausted string

// What becomes of rewards that do not fit.
const (
	// ExhaustedReject refuses the reward. It is the default.
	ExhaustedReject WhenExhausted = "REJECT"
	// ExhaustedQueue lets it wait for budget.
	ExhaustedQueue WhenExhausted = "QUEUE"
)

// MaxLimit is the largest limit, in minor units.
const MaxLimit = 1_000_000_000_000_000

// Limit bounds what is given in a period: rewards that are held or paid, less those taken back.
type Limit struct {
	Scope  Scope  `json:"scope"`
	Period Period `json:"period"`
	Amount int64  `json:"amount"`
}

// Rules are what a programme's money follows. The zero value is a programme without: unlimited, ALLOW_NEGATIVE.
type Rules struct {
	// Version counts from 1; 0 when none were set.
	Version int64 `json:"version"`
	// Limits, ordered by scope and period; none means unlimited.
	Limits        []Limit       `json:"limits,omitempty"`
	WhenExhausted WhenExhausted `json:"when_exhausted"`
	Clawback      Clawback      `json:"clawback"`
	// TimeZone is the IANA name of the zone of days, weeks and months.
	TimeZone string `json:"time_zone"`
	// SetAt is when this version was set.
	SetAt time.Time `json:"set_at,omitempty,omitzero"`
}

// ErrLimitRepeated says that two limits have one scope and period.
var ErrLimitRepeated = errors.New("two limits have the same scope and period: give one of them")

// Normal returns r with its defaults filled in and its limits in order. It fails with ErrZone and ErrLimitRepeated.
func (r Rules) Normal() (Rules, error) {
	r.WhenExhausted = cmp.Or(r.WhenExhausted, ExhaustedReject)
	r.Clawback = cmp.Or(r.Clawback, ClawbackAllowNegative)
	r.TimeZone = cmp.Or(r.TimeZone, DefaultZone)
	if _, err := Zone(r.TimeZone); err != nil {
		return Rules{}, err
	}
	r.Limits = slices.Clone(r.Limits)
	slices.SortFunc(r.Limits, func(a, b Limit) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Period, b.Period))
	})
	for i := 1; i < len(r.Limits); i++ {
		if r.Limits[i].Scope == r.Limits[i-1].Scope && r.Limits[i].Period == r.Limits[i-1].Period {
			return Rules{}, ErrLimitRepeated
		}
	}
	return r, nil
}

// Same reports whether two normal rules say the same, whatever their versions.
func (r Rules) Same(other Rules) bool {
	return slices.Equal(r.Limits, other.Limits) && r.WhenExhausted == other.WhenExhausted && r.Clawback == other.Clawback &&
		r.TimeZone == other.TimeZone
}

// Of returns the limits of a scope, in order.
func (r Rules) Of(scope Scope) []Limit {
	var limits []Limit
	for _, limit := range r.Limits {
		if limit.Scope == scope {
			limits = append(limits, limit)
		}
	}
	return limits
}

// Zone returns the time zone of the rules.
func (r Rules) Zone() *time.Location {
	zone, err := Zone(r.TimeZone)
	if err != nil {
		return time.UTC // the name was checked when the rules were set
	}
	return zone
}
