package replay

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// WriteText writes the report for people.
func (r Report) WriteText(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(table, "%s\t"+format+"\n", append([]any{name}, args...)...)
	}
	row("referrals completed", "%d", r.ReferralsCompleted)
	row("rewards", "%d.%02d", r.RewardsMinor/100, r.RewardsMinor%100)
	row("referee rewards", "%d.%02d", r.RefereeRewardsMinor/100, r.RefereeRewardsMinor%100)
	row("bonuses", "%d.%02d", r.BonusesMinor/100, r.BonusesMinor%100)
	for _, tier := range slices.Sorted(maps.Keys(r.Tiers)) {
		row("tier "+tier, "%d", r.Tiers[tier])
	}
	row("postings", "%d", r.Postings)
	row("zero sum", "%t", r.ZeroSum)
	row("chains verified", "%t", r.ChainsVerified)
	row("pending commands", "%d", r.PendingCommands)
	row("repeated requests", "%d", r.RepeatedRequests)
	row("elapsed", "%.2f s", r.ElapsedSeconds)
	row("rate", "%.1f referrals/s", r.ReferralsPerSecond)
	row("peak memory", "%d MiB", r.PeakMemoryBytes>>20)
	return table.Flush()
}
