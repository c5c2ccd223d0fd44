package reconcile

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteText writes the report for people.
func (r Report) WriteText(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(r.Services) > 0 {
		fmt.Fprintln(table, "SERVICE\tCHAINS\tENTRIES\tPENDING\tPARKED")
		for _, s := range r.Services {
			fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\n", s.Service, s.Chains, s.Entries, s.PendingCommands, s.ParkedCommands)
		}
		fmt.Fprintln(table)
	}
	fmt.Fprintln(table, "CURRENCY\tISSUED\tREVERSED\tHELD\tAVAILABLE\tPENDING\tOWED\tBUDGETS\tPAYOUTS\tADJUSTMENTS\t(minor units)")
	for _, t := range r.Totals {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n",
			t.Currency, t.Issued, t.Reversed, t.Held, t.Available, t.Pending, t.Owed, t.Budgets, t.Payouts, t.Adjustments)
	}
	fmt.Fprintln(table, "\nCURRENCY\tDIGEST")
	for _, t := range r.Totals {
		fmt.Fprintf(table, "%s\t%s\n", t.Currency, t.Digest)
	}
	fmt.Fprintf(table, "\n%d accounts, %d postings, %d redemptions in %s, zero sum %t, verified %t\n",
		r.Accounts, r.Postings, r.Redemptions, r.FinishedAt.Sub(r.StartedAt), r.ZeroSum, r.Verified)
	r.writeFaults(table)
	return table.Flush()
}

func (r Report) writeFaults(out io.Writer) {
	for _, f := range r.Findings {
		place := f.Key
		if f.Seq > 0 {
			place = fmt.Sprintf("%s, entry %d", f.Key, f.Seq)
		}
		fmt.Fprintf(out, "\nFAULT %s in %s: %s\n", f.Kind, f.Service, place)
		if f.Detail != "" {
			fmt.Fprintf(out, "  %s\n", f.Detail)
		}
		for _, document := range f.Documents {
			fmt.Fprintf(out, "  document %s\n", document)
		}
	}
	if len(r.FindingCounts) == 0 {
		return
	}
	kinds := make([]string, 0, len(r.FindingCounts))
	for _, kind := range slices.Sorted(maps.Keys(r.FindingCounts)) {
		kinds = append(kinds, fmt.Sprintf("%d %s", r.FindingCounts[kind], kind))
	}
	fmt.Fprintf(out, "\n%d faults: %s\n", r.Faults(), strings.Join(kinds, ", "))
}
