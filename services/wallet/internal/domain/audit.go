package domain

import "fmt"

// AccountAudit recomputes the running balances of one account. The zero value stands before the first posting.
type AccountAudit struct {
	// Balances are what the postings seen so far add up to.
	Balances Balances

	seq int64
	// moved is what the account got from the accounts outside of it; overflown says that it does not fit.
	moved     int64
	overflown bool
}

// Visit takes the next posting of the account and reports what is wrong with it. Where entries are missing before it, its
// balance is taken as it is: what is missing is a finding of its own.
func (a *AccountAudit) Visit(key string, seq int64, p *Posting) []Finding {
	gap := seq != a.seq+1
	a.seq = seq
	var found []Finding
	report := func(format string, args ...any) {
		found = append(found, Finding{Kind: FindingWrongBalance, Account: key, Seq: seq, Detail: fmt.Sprintf(format, args...)})
	}
	if p == nil {
		report("the entry carries no posting")
		return found
	}
	if source, destination := p.accounts(); source != p.Source || destination != p.Destination {
		report("a posting of kind %s moves from %q to %q, found %q to %q", p.Kind, source, destination, p.Source, p.Destination)
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
	if want, err := a.Balances.after(*p); gap {
		a.Balances = p.After
	} else if err != nil {
		report("%v", err)
	} else if !want.sameAs(p.After) {
		report("expected %s after it, found %s", want, p.After)
	}
	a.move(p)
	a.Balances = p.After // one wrong balance is one finding, not one for each entry after it
	return found
}

// move adds what p moves into the account and out of it.
func (a *AccountAudit) move(p *Posting) {
	var err error
	if isOutside(p.Source) {
		a.moved, err = Add(a.moved, p.Amount)
		a.overflown = a.overflown || err != nil
	}
	if isOutside(p.Destination) {
		a.moved, err = Sub(a.moved, p.Amount)
		a.overflown = a.overflown || err != nil
	}
}

// Cancels reports whether the balances are what the postings moved into the account and out of it.
func (a *AccountAudit) Cancels() bool {
	sum, err := a.Balances.sum()
	return err == nil && !a.overflown && sum == a.moved
}

// sum is what came in less what went out, as the balances have it.
func (b Balances) sum() (int64, error) {
	sum, err := Add(b.Held, b.Available)
	if err != nil {
		return 0, err
	}
	if sum, err = Add(sum, b.Pending); err != nil {
		return 0, err
	}
	return Sub(sum, b.Owed)
}
