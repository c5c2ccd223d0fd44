package domain

import (
	"fmt"
	"slices"
	"strings"
)

// drift returns a finding for each programme whose budget and postings disagree. Sums alone may disagree because a command
// was on its way during the walk; they count where the documents behind them were not looked at one by one.
func (b *Books) drift(m *Matcher, leftovers []Leftover) []Finding {
	if m != nil && m.left > 0 {
		b.Findings.Add(Finding{
			Kind:   FindingUnmatchedCommand,
			Detail: fmt.Sprintf("%d of %d groups of commands disagree beyond those that were looked at one by one", m.left, buckets),
		})
	}
	differences, involved := map[pot]*[steps]int64{}, map[pot][]string{}
	for _, l := range leftovers {
		if l.id.program == "" {
			continue
		}
		d, ok := differences[l.id.pot]
		if !ok {
			d = &[steps]int64{}
			differences[l.id.pot] = d
		}
		for _, i := range l.items {
			if i.posting {
				d[l.id.step] += i.amount
			} else {
				d[l.id.step] -= i.amount
			}
			if len(involved[l.id.pot]) < MaxDocuments {
				involved[l.id.pot] = append(involved[l.id.pot], i.document())
			}
		}
	}
	var found []Finding
	for p, s := range b.budgets {
		d := differences[p]
		looked := m != nil && m.left == 0
		if looked && (d == nil || *d == [steps]int64{}) || !looked && s.posted == s.counted {
			continue
		}
		found = append(found, Finding{
			Kind: FindingBudgetDrift, Account: p.name(), Detail: s.String(), Documents: documents(involved[p]...),
		})
	}
	slices.SortFunc(found, func(a, b Finding) int { return strings.Compare(a.Account, b.Account) })
	return found
}

// String tells both sides.
func (s *budgetSums) String() string {
	p, c := s.posted, s.counted
	return fmt.Sprintf("postings issued %d, took back %d and hold %d; the budget issued %d, got back %d and reserves %d",
		issuedBy(p), takenBy(p), heldBy(p), issuedBy(c), takenBy(c), heldBy(c))
}

func issuedBy(s [steps]int64) int64 { return s[stepHold] + s[stepPay] }
func takenBy(s [steps]int64) int64  { return s[stepCancel] + s[stepReverse] }
func heldBy(s [steps]int64) int64   { return s[stepHold] - s[stepRelease] - s[stepCancel] }
