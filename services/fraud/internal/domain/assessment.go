package domain

import (
	"cmp"
	"slices"
	"time"
)

// RulesVersion names the rules of this package; a change of a rule, a limit or a window changes it.
const RulesVersion = "rules-1"

// Assessment is a score with its reasons, as it is stored.
type Assessment struct {
	Facts Facts
	// Score is 0 to MaxScore.
	Score int
	// Band is what the score means under Bands.
	Band Band
	// Bands are the thresholds that applied.
	Bands Bands
	// Signals made the score, strongest first.
	Signals []Signal
	// RulesVersion names the rules.
	RulesVersion string
	// AssessedAt is when it was made, in UTC milliseconds.
	AssessedAt time.Time
	// FactsHash covers the facts.
	FactsHash [32]byte
}

// rules is every rule, in the order in which equal signals are told.
var rules = []func(Facts, Counts) []Signal{selfReferral, sharedDevice, sharedAddress, velocity}

// Assess scores a referral. The score is the sum of its signals, at most MaxScore. Weak signals, an address or a velocity,
// never reach REVIEW without another one of a different name (F2).
func Assess(f Facts, c Counts, bands Bands, now time.Time) Assessment {
	a := Assessment{Facts: f, Bands: bands, RulesVersion: RulesVersion, AssessedAt: now}
	for _, rule := range rules {
		a.Signals = append(a.Signals, rule(f, c)...)
	}
	for _, s := range a.Signals {
		a.Score += s.Points
	}
	a.Score = min(a.Score, MaxScore)
	if alone(a.Signals, c) {
		a.Score = min(a.Score, bands.Review-1)
	}
	a.Band = bands.Of(a.Score)
	slices.SortStableFunc(a.Signals, func(x, y Signal) int { return cmp.Compare(y.Points, x.Points) })
	return a
}

// alone reports whether all signals tell the same weak thing: only an address, with its own velocity or without, or only a
// velocity.
func alone(signals []Signal, c Counts) bool {
	for _, s := range signals {
		if !s.weak {
			return false
		}
	}
	return len(signals) <= 1 || !busyBesideAddress(c)
}

// busyBesideAddress reports whether there is velocity that the address does not explain.
func busyBesideAddress(c Counts) bool {
	return climb(referrerVelocity, c.ReferrerReferrals) > 0 || climb(codeVelocity, c.CodeReferrals) > 0 ||
		climb(deviceVelocity, c.DeviceSignups) > 0
}
