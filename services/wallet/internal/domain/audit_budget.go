package domain

import "fmt"

// StripeAudit recomputes the running sums of one budget stripe. The zero value stands before the first line.
type StripeAudit struct {
	// Last is the line seen last.
	Last BudgetLine
}

// Visit takes the next line of the stripe and reports what is wrong with it.
func (a *StripeAudit) Visit(key string, seq int64, l *BudgetLine) []Finding {
	if l == nil {
		return []Finding{{Kind: FindingWrongBalance, Account: key, Seq: seq, Detail: "the entry carries no budget line"}}
	}
	spent, reserved, err := l.sums(a.Last.SpentAfter, a.Last.ReservedAfter)
	a.Last = *l
	if err != nil || spent != l.SpentAfter || reserved != l.ReservedAfter {
		return []Finding{{
			Kind: FindingWrongBalance, Account: key, Seq: seq,
			Detail: fmt.Sprintf("expected %d spent and %d reserved after it, found %d and %d", spent, reserved, l.SpentAfter, l.ReservedAfter),
		}}
	}
	return nil
}
