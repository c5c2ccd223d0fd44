package domain

import "fmt"

// FindingKind says what is wrong with the ledger.
type FindingKind string

// The kinds of findings. The first three are faults of a chain, found by its hashes.
const (
	FindingHashMismatch     FindingKind = "HASH_MISMATCH"
	FindingPreviousMismatch FindingKind = "PREVIOUS_MISMATCH"
	FindingGap              FindingKind = "GAP"
	// FindingWrongBalance is an entry whose running balance or accounts do not follow from the entries before it.
	FindingWrongBalance FindingKind = "WRONG_BALANCE"
	// FindingNonZeroSum is a currency in which people and budgets do not cancel.
	FindingNonZeroSum FindingKind = "NON_ZERO_SUM"
	// FindingBudgetDrift is a programme whose budget does not say what the postings say.
	FindingBudgetDrift FindingKind = "BUDGET_DRIFT"
)

// Finding is one fault of the ledger.
type Finding struct {
	Kind FindingKind
	// Account is the key of the chain, or of the programme's budget.
	Account string
	// Seq is the position in the chain; 0 when the fault is not in one entry.
	Seq int64
	// Detail says what was expected and what was found.
	Detail string
}

// AccountAudit recomputes the running balances of one account. The zero value stands before the first posting.
type AccountAudit struct {
	// Balances are what the postings seen so far add up to.
	Balances Balances
}

// Visit takes the next posting of the account and reports what is wrong with it.
func (a *AccountAudit) Visit(key string, seq int64, p *Posting) []Finding {
	if p == nil {
		return []Finding{{Kind: FindingWrongBalance, Account: key, Seq: seq, Detail: "the entry carries no posting"}}
	}
	var found []Finding
	report := func(format string, args ...any) {
		found = append(found, Finding{Kind: FindingWrongBalance, Account: key, Seq: seq, Detail: fmt.Sprintf(format, args...)})
	}
	if source, destination := p.accounts(); source != p.Source || destination != p.Destination {
		report("a posting of kind %s moves from %s to %s, found %s to %s", p.Kind, source, destination, p.Source, p.Destination)
	}
	if moves := p.Source != ""; p.Amount < 0 || moves != (p.Amount > 0) {
		report("a posting of kind %s cannot have the amount %d", p.Kind, p.Amount)
	}
	if p.OwedPart < 0 || p.OwedPart > p.Amount || p.After.Owed < 0 {
		report("%d of %d over the account owed, which then has %d", p.OwedPart, p.Amount, p.After.Owed)
	}
	if own := AccountKey(p.User, p.Currency); own != key {
		report("the posting belongs to %s", own)
	}
	want, err := a.Balances.after(*p)
	if err != nil {
		report("%v", err)
	} else if !want.sameAs(p.After) {
		report("expected %s after it, found %s", want, p.After)
	}
	a.Balances = p.After // one wrong balance is one finding, not one for each entry after it
	return found
}
