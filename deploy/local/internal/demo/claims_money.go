package demo

import (
	"fmt"
	"maps"
	"slices"
)

// rewardsOnce compares every credit of every account, by the id of its command, with what must have been paid.
func rewardsOnce(people *cast, want expectation, after snapshot) claim {
	c := claim{text: fmt.Sprintf("each of the %d rewards and bonuses was paid exactly once, by command id, and nothing else",
		len(want.payments))}
	times := map[string]int{}
	for _, p := range people.people() {
		for _, got := range after.postings[p.id] {
			if !got.issued() {
				continue
			}
			times[got.CommandID]++
			must, known := want.payments[got.CommandID]
			switch {
			case !known:
				c.fault("%s was paid %s by %s, which nothing explains", p.name, rupees(got.AmountMinor), got.CommandID)
			case must != payment{p.id, got.AmountMinor}:
				c.fault("%s paid %s to %s, and must pay %s to %s", got.CommandID, rupees(got.AmountMinor), p.name,
					rupees(must.amount), people.name(must.beneficiary))
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(want.payments)) {
		if times[id] != 1 {
			c.fault("%s was paid %d times", id, times[id])
		}
	}
	return c
}

// onlyRefundsTakenBack looks for one reversal of each reward of a refunded referral, and for no other.
func onlyRefundsTakenBack(people *cast, want expectation, after snapshot) claim {
	c := claim{text: "the refund took back both rewards of its referral, once, and nothing else was taken back"}
	times := map[string]int{}
	for _, p := range people.people() {
		for _, got := range after.postings[p.id] {
			if !got.takenBack() {
				continue
			}
			times[got.RewardID]++
			if !want.reversed[got.RewardID] || got.AmountMinor != want.payments[got.RewardID].amount || got.Reason != "REFUND" {
				c.fault("%s lost %s of %s for %q", p.name, rupees(got.AmountMinor), got.RewardID, got.Reason)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(want.reversed)) {
		if times[id] != 1 {
			c.fault("%s was taken back %d times", id, times[id])
		}
	}
	return c
}

func balancesRight(people *cast, want expectation, after snapshot) claim {
	total := int64(0)
	for _, minor := range want.balances {
		total += minor
	}
	c := claim{text: fmt.Sprintf("everybody's balance is what the rules say, %s together", rupees(total))}
	for _, p := range people.people() {
		got, must := after.balances[p.id], want.balances[p.id]
		if got.AvailableMinor != must || got.HeldMinor != 0 || got.EarnedMinor != must {
			c.fault("%s has %s available, %s held and %s earned, and must have %s", p.name, rupees(got.AvailableMinor),
				rupees(got.HeldMinor), rupees(got.EarnedMinor), rupees(must))
		}
	}
	return c
}

// sixthAtNewRate looks at the two referrals around Asha's threshold.
func sixthAtNewRate(s *story, after snapshot) claim {
	c := claim{text: "the referral that crossed a threshold was paid at the tier before it, the next one at the new tier"}
	asha, bonuses := s.cast.referrers[0], 0
	rates := map[string]int64{}
	for _, got := range after.postings[asha.id] {
		if got.ReferralID != "" && got.RewardID == "bonus/"+s.program+"/"+asha.id+"/"+ladder[1].name {
			bonuses++
			continue
		}
		rates[got.ReferralID] = got.AmountMinor
	}
	for n, must := range map[int]int64{4: ladder[0].reward, 5: ladder[1].reward} {
		if got := rates[s.cast.journeys[n].id]; got != must {
			c.fault("referral %d paid %s, and must pay %s", n+1, rupees(got), rupees(must))
		}
	}
	if bonuses != 1 {
		c.fault("the bonus was paid %d times", bonuses)
	}
	return c
}
