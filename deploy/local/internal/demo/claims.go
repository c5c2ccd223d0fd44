package demo

import (
	"fmt"
	"io"
)

// claim is something the demo says about its result, with what contradicts it.
type claim struct {
	text   string
	faults []string
}

func (c *claim) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// check compares what was seen and what the edge tells now with what the rules say.
func check(s *story, after snapshot) []claim {
	want := expect(s.program, s.cast)
	return []claim{
		rewardsOnce(s.cast, want, after),
		onlyRefundsTakenBack(s.cast, want, after),
		balancesRight(s.cast, want, after),
		ledgerSound(after),
		chainsSound(after),
		nothingWaits(after),
		tiersRight(s.cast, want, after),
		sixthAtNewRate(s, after),
		boardRight(s.cast, want, after),
		statusesRight(s.cast, after),
		reviewsRight(s, after),
		repeatsChangeNothing(s.seen),
		orderDoesNotMatter(s.seen),
		refusalsRight(s.cast, s.seen, after),
	}
}

// printClaims prints each claim with its mark and returns how many failed.
func printClaims(out io.Writer, claims []claim) (int, error) {
	failed := 0
	text := "\nWhat the demo claims\n\n"
	for _, c := range claims {
		mark := "✓"
		if len(c.faults) > 0 {
			mark, failed = "✗", failed+1
		}
		text += "  " + mark + " " + c.text + "\n"
		for _, fault := range c.faults {
			text += "      " + fault + "\n"
		}
	}
	_, err := io.WriteString(out, text)
	return failed, err
}

func ledgerSound(after snapshot) claim {
	c := claim{text: "the ledger sums to zero, and its hashes, running balances and budgets are what they must be"}
	if !after.ledger.ZeroSum {
		c.fault("zero_sum is false")
	}
	if !after.ledger.Verified {
		c.fault("verified is false")
	}
	for _, f := range after.ledger.Findings {
		c.fault("%s in %s: %s", f.Kind, f.Account, f.Detail)
	}
	return c
}

func chainsSound(after snapshot) claim {
	c := claim{text: "the chains of all services are whole"}
	total := int64(0)
	for _, service := range services {
		total += after.chains[service].Chains
		if !after.chains[service].Verified {
			c.fault("a chain of %s is not", service)
		}
	}
	if total == 0 {
		c.fault("there are none")
	}
	return c
}

func nothingWaits(after snapshot) claim {
	c := claim{text: "no command is pending or parked"}
	for _, service := range services {
		if b := after.backlogs[service]; b.Pending+b.Parked > 0 {
			c.fault("%s has %d pending and %d parked", service, b.Pending, b.Parked)
		}
	}
	return c
}

func tiersRight(people *cast, want expectation, after snapshot) claim {
	c := claim{text: "tiers and counts follow the ladder"}
	for _, p := range people.referrers {
		got, must := after.members[p.id], want.standings[p.id]
		if got.Tier != must.tier || got.Completed != must.completed {
			c.fault("%s is %s with %d completed, and must be %s with %d", p.name, got.Tier, got.Completed, must.tier, must.completed)
		}
	}
	return c
}

func boardRight(people *cast, want expectation, after snapshot) claim {
	c := claim{text: "the leaderboard ranks by completed, unreversed referrals; equal scores share a rank"}
	if len(after.board) != len(want.board) {
		c.fault("it has %d rows and must have %d", len(after.board), len(want.board))
		return c
	}
	for i, must := range want.board {
		if got := after.board[i]; got != must {
			c.fault("place %d is %s with rank %d and score %d, and must be %s with rank %d and score %d", i+1,
				people.name(got.UserID), got.Rank, got.Score, people.name(must.UserID), must.Rank, must.Score)
		}
	}
	return c
}

func repeatsChangeNothing(seen observed) claim {
	c := claim{text: fmt.Sprintf("%d requests sent twice were recognised and changed nothing", seen.repeats)}
	if seen.repeats == 0 || seen.repeats != seen.replays {
		c.fault("%d of %d were recognised", seen.replays, seen.repeats)
	}
	if !seen.oneCode {
		c.fault("two requests with one Idempotency-Key made two codes")
	}
	return c
}

func orderDoesNotMatter(seen observed) claim {
	c := claim{text: "a purchase that arrives first implies the stages before it, and late events change nothing"}
	if seen.inferred != 2 {
		c.fault("%d stages were inferred instead of 2", seen.inferred)
	}
	if !seen.kept {
		c.fault("a late event moved the referral")
	}
	return c
}
