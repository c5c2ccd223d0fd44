package domain

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestT2_BonusIsPaidOncePerTierWhateverHappens drives one person through any order of completions, reversals and ladders.
func TestT2_BonusIsPaidOncePerTierWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m Member
		var count int64
		paid := map[string]int{}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			l := standard()
			l.Policy = rapid.SampledFrom([]Policy{FraudOnly, OnReversal}).Draw(t, "policy")
			l.Tiers = l.Tiers[:rapid.IntRange(1, 5).Draw(t, "tiers")]
			before := m.Standing(l)
			if m.Completed > 0 && rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
				fraud := rapid.Bool().Draw(t, "fraud")
				s := Reverse(m, l, "r", fraud, noon)
				m, count = s.After, count-1
				if !fraud && (s.Outcome.Reversed != nil || (l.Policy == FraudOnly && s.Outcome.TierAfter != before.Tier)) {
					t.Fatalf("a refund took %+v", s.Outcome)
				}
			} else {
				s, err := Complete(m, l, "r", noon)
				if err != nil {
					t.Fatal(err)
				}
				m, count = s.After, count+1
				if s.Outcome.TierBefore != before.Tier || s.Outcome.Reward != l.Tiers[l.index(before.Tier)].Reward {
					t.Fatalf("paid %+v, held %+v", s.Outcome, before)
				}
				if l.index(s.Outcome.TierAfter) < max(l.at(count), l.index(before.Tier)) {
					t.Fatalf("a completion lowered %s to %s", before.Tier, s.Outcome.TierAfter)
				}
				for _, b := range s.Outcome.Bonuses {
					if paid[b.Tier]++; paid[b.Tier] > 1 {
						t.Fatalf("%s paid its bonus twice", b.Tier)
					}
				}
			}
			if m.Completed != count {
				t.Fatalf("counted %d, want %d", m.Completed, count)
			}
			if sorted := slices.Sorted(slices.Values(m.Reached)); len(slices.Compact(sorted)) != len(m.Reached) {
				t.Fatalf("reached %v", m.Reached)
			}
		}
	})
}
