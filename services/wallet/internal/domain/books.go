package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Entry is one entry of a chain of the ledger, as the books see it.
type Entry struct {
	// Key of the chain and position in it.
	Key string
	Seq int64
	// Command is the id of the command that caused it.
	Command string
	// At is when it was written.
	At time.Time
	// Hash covers the entry and all before it.
	Hash [32]byte
	Line Line
}

// Books adds up a whole ledger while its entries pass by, chain by chain and in order. It keeps sums per currency and per
// programme and fingerprints of bounded size, nothing per person or posting, so its memory does not grow with the ledger.
type Books struct {
	// Accounts, Postings and Redemptions count what passed by.
	Accounts, Postings, Redemptions int64
	// Findings are the faults.
	Findings Findings

	cutoff   time.Time
	totals   map[string]*CurrencyTotals
	unsound  map[string]*unsound
	budgets  map[pot]*budgetSums
	prints   *Prints
	digests  Digests
	key      string
	seq      int64
	account  AccountAudit
	stripe   StripeAudit
	currency string
	nonZero  bool
	overflow bool
}

// budgetSums are the gross sums of a programme, of both sides, by what was done.
type budgetSums struct{ posted, counted [steps]int64 }

// unsound are the accounts of a currency whose balances are not what their postings moved.
type unsound struct {
	accounts int64
	heads    []string
}

// NewBooks returns empty books. Budgets and redemptions are compared with postings for the entries up to the cutoff only,
// because a ledger that is in use gains entries while it is read.
func NewBooks(cutoff time.Time) *Books {
	return &Books{
		cutoff: cutoff, totals: map[string]*CurrencyTotals{}, unsound: map[string]*unsound{}, budgets: map[pot]*budgetSums{},
		prints: NewPrints(),
	}
}

// Visit takes the next entry. All entries of a chain come one after another, from the first, and chains in the order of
// their keys.
func (b *Books) Visit(e Entry) {
	b.digests.Visit(e)
	if e.Key != b.key {
		b.closeAccount()
		b.key, b.seq, b.account, b.stripe = e.Key, 0, AccountAudit{}, StripeAudit{}
	}
	gap := e.Seq != b.seq+1
	b.seq = e.Seq
	switch {
	case IsAccountKey(e.Key):
		b.Findings.Add(b.account.Visit(e.Key, e.Seq, e.Line.Posting)...)
		if b.currency = e.currency(); e.Line.Posting != nil {
			b.post(e.Line.Posting, e.At)
		}
	case strings.HasPrefix(e.Key, "budget/"):
		if line := e.Line.Budget; gap && line != nil {
			b.stripe = StripeAudit{Last: *line} // what is missing is a finding of its own
		} else {
			b.Findings.Add(b.stripe.Visit(e.Key, e.Seq, line)...)
		}
		if e.Line.Budget != nil {
			b.count(e.Line.Budget, e.At)
		}
	case e.Line.Claim != nil && !e.At.After(b.cutoff):
		b.prints.add(e.Line.Claim.mark(e.Command), false)
	}
}

// VisitRedemption takes the document of a redemption.
func (b *Books) VisitRedemption(r RedemptionRecord) {
	b.Redemptions++
	if r.UpdatedAt.After(b.cutoff) {
		return
	}
	for m, certain := range r.marks() {
		if certain {
			b.prints.add(m, false)
		}
	}
}

// post adds one posting, by the accounts it names.
func (b *Books) post(p *Posting, at time.Time) {
	b.Postings++
	t := b.total(b.currency)
	if balance := t.outside(p.Source); balance != nil {
		b.add(balance, -p.Amount)
		if balance == &t.Budgets {
			b.add(t.issued(*p), p.Amount)
		}
	}
	if balance := t.outside(p.Destination); balance != nil {
		b.add(balance, p.Amount)
		if balance == &t.Budgets {
			b.add(&t.Reversals, p.Amount)
		}
	}
	if m, ok := p.mark(); ok && !at.After(b.cutoff) {
		b.prints.add(m, true)
		if m.program != "" {
			b.add(&b.budget(m.pot).posted[m.step], m.amount)
		}
	}
}

// count adds one budget line.
func (b *Books) count(l *BudgetLine, at time.Time) {
	if at.After(b.cutoff) {
		return
	}
	l.marks(func(m mark, taken bool) {
		b.prints.add(m, taken)
		if taken {
			m.amount = -m.amount
		}
		b.add(&b.budget(m.pot).counted[m.step], m.amount)
	})
}

// closeAccount adds the balances that the last posting of the account states.
func (b *Books) closeAccount() {
	if !IsAccountKey(b.key) || b.currency == "" {
		return
	}
	t, last := b.total(b.currency), b.account.Balances
	b.add(&t.Held, last.Held)
	b.add(&t.Available, last.Available)
	b.add(&t.Pending, last.Pending)
	b.add(&t.Owed, last.Owed)
	b.Accounts++
	if !b.account.Cancels() {
		u, ok := b.unsound[b.currency]
		if !ok {
			u = &unsound{}
			b.unsound[b.currency] = u
		}
		u.accounts++
		if len(u.heads) < MaxDocuments {
			u.heads = append(u.heads, DocumentID(b.key, b.seq))
		}
	}
	b.currency = ""
}

// Suspicious reports whether postings and their counterparts differ, so that they must be looked at one by one.
func (b *Books) Suspicious() bool { return !b.prints.Agree() }

// Matcher returns what looks at the documents that differ, in further walks.
func (b *Books) Matcher() *Matcher { return NewMatcher(b.prints, b.cutoff) }

// Close ends the walk and adds what only the whole shows: currencies that do not cancel, commands without counterpart,
// budgets that drifted. The matcher is nil when nothing was suspicious, and leftovers are what is left of it.
func (b *Books) Close(m *Matcher, leftovers []Leftover) {
	b.closeAccount()
	b.digests.Close()
	for _, t := range b.Totals() {
		if sum, err := t.Sum(); sum != 0 || err != nil {
			b.nonZero = true
			b.Findings.Add(b.nonZeroFinding(t, sum, err))
		}
	}
	for _, l := range leftovers {
		b.Findings.Add(l.finding())
	}
	b.Findings.Add(b.drift(m, leftovers)...)
	if b.overflow {
		b.nonZero = true
		b.Findings.Add(Finding{Kind: FindingNonZeroSum, Detail: "a sum leaves the range of 64-bit minor units: the totals mean nothing"})
	}
}

func (b *Books) nonZeroFinding(t CurrencyTotals, sum int64, err error) Finding {
	f := Finding{
		Kind: FindingNonZeroSum, Account: t.Currency,
		Detail: fmt.Sprintf("held %d, available %d, pending %d, owed %d, budgets %d, payouts %d and adjustments %d add up to %d",
			t.Held, t.Available, t.Pending, t.Owed, t.Budgets, t.Payouts, t.Adjustments, sum),
	}
	if err != nil {
		f.Detail += ", which does not fit 64 bits"
	}
	if u := b.unsound[t.Currency]; u != nil {
		f.Detail += fmt.Sprintf("; in %d accounts the balance is not what the postings moved", u.accounts)
		f.Documents = documents(u.heads...)
	}
	return f
}

// Totals returns the sums of each currency, ordered by its code.
func (b *Books) Totals() []CurrencyTotals {
	list := make([]CurrencyTotals, 0, len(b.totals))
	for _, t := range b.totals {
		one := *t
		one.Digest = b.digests.Of(t.Currency)
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b CurrencyTotals) int { return strings.Compare(a.Currency, b.Currency) })
	return list
}

// ZeroSum reports whether the accounts cancel in every currency.
func (b *Books) ZeroSum() bool { return !b.nonZero }

func (b *Books) total(currency string) *CurrencyTotals {
	t, ok := b.totals[currency]
	if !ok {
		t = &CurrencyTotals{Currency: currency}
		b.totals[currency] = t
	}
	return t
}

func (b *Books) budget(p pot) *budgetSums {
	s, ok := b.budgets[p]
	if !ok {
		s = &budgetSums{}
		b.budgets[p] = s
	}
	return s
}

// add notes a sum that does not fit; what is wrong with the amounts is found elsewhere, and the walk goes on.
func (b *Books) add(sum *int64, amount int64) {
	after, err := Add(*sum, amount)
	if err != nil {
		b.overflow = true
		return
	}
	*sum = after
}
