package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// CurrencyTotals sums the ledger of one currency, in minor units.
type CurrencyTotals struct {
	Currency string
	// ReferrerRewards, RefereeRewards and Bonuses are what was issued.
	ReferrerRewards, RefereeRewards, Bonuses int64
	// Reversals is what was taken back.
	Reversals int64
	// Held and Available are the sums of the balances that people's last postings state.
	Held, Available int64
	// Budgets is the balance of all budgets, from the accounts that the postings name: zero or negative.
	Budgets int64
}

// MaxFindings bounds how many findings are kept.
const MaxFindings = 100

// Books adds up a whole ledger while its entries pass by, chain by chain and in order. It keeps sums per currency and per
// programme and nothing per person or posting, so its memory does not grow with the ledger.
type Books struct {
	// Accounts and Postings count what passed by.
	Accounts, Postings int64
	// Findings are the first MaxFindings faults.
	Findings []Finding

	cutoff   time.Time
	totals   map[string]*CurrencyTotals
	budgets  map[budget]*budgetSums
	key      string
	account  AccountAudit
	stripe   StripeAudit
	currency string
	nonZero  bool
	overflow error
}

type budget struct{ program, currency string }

// budgetSums compares what the postings moved with what the budget stripes counted, each in gross.
type budgetSums struct{ issued, spent, reversed, returned int64 }

// NewBooks returns empty books. Budgets are compared with postings for the entries up to the cutoff only, because a ledger
// that is in use gains entries while it is read.
func NewBooks(cutoff time.Time) *Books {
	return &Books{cutoff: cutoff, totals: map[string]*CurrencyTotals{}, budgets: map[budget]*budgetSums{}}
}

// Visit takes the next entry. All entries of a chain come one after another, from the first.
func (b *Books) Visit(key string, seq int64, at time.Time, line Line) {
	if key != b.key {
		b.closeAccount()
		b.key, b.account, b.stripe = key, AccountAudit{}, StripeAudit{}
	}
	switch {
	case IsAccountKey(key):
		b.Report(b.account.Visit(key, seq, line.Posting)...)
		if line.Posting != nil {
			b.post(*line.Posting, at)
		}
	case strings.HasPrefix(key, "budget/"):
		b.Report(b.stripe.Visit(key, seq, line.Budget)...)
		if line.Budget != nil {
			b.count(*line.Budget, at)
		}
	}
}

// Report keeps findings, as many as there is room for.
func (b *Books) Report(found ...Finding) {
	room := MaxFindings - len(b.Findings)
	b.Findings = append(b.Findings, found[:min(room, len(found))]...)
}

// Close ends the walk and adds what only the whole shows: currencies that do not cancel, budgets that drifted. It fails
// with ErrAmountOverflow when the sums do not fit 64 bits.
func (b *Books) Close() error {
	b.closeAccount()
	for _, t := range b.Totals() {
		people, err := Add(t.Held, t.Available)
		b.keep(err)
		sum, err := Add(people, t.Budgets)
		b.keep(err)
		if sum != 0 {
			b.nonZero = true
			b.Report(Finding{
				Kind: FindingNonZeroSum, Account: t.Currency,
				Detail: fmt.Sprintf("held %d, available %d and budgets %d add up to %d", t.Held, t.Available, t.Budgets, sum),
			})
		}
	}
	b.Report(b.Drift()...)
	return b.overflow
}

// Drift returns a finding for each programme whose budget and postings disagree.
func (b *Books) Drift() []Finding {
	var found []Finding
	for k, s := range b.budgets {
		if s.issued == s.spent && s.reversed == s.returned {
			continue
		}
		found = append(found, Finding{
			Kind: FindingBudgetDrift, Account: BudgetAccount(k.program) + "/" + k.currency,
			Detail: fmt.Sprintf("postings issued %d and reversed %d, the budget spent %d and got back %d",
				s.issued, s.reversed, s.spent, s.returned),
		})
	}
	slices.SortFunc(found, func(a, b Finding) int { return strings.Compare(a.Account, b.Account) })
	return found
}

// Totals returns the sums of each currency, ordered by its code.
func (b *Books) Totals() []CurrencyTotals {
	list := make([]CurrencyTotals, 0, len(b.totals))
	for _, t := range b.totals {
		list = append(list, *t)
	}
	slices.SortFunc(list, func(a, b CurrencyTotals) int { return strings.Compare(a.Currency, b.Currency) })
	return list
}

// ZeroSum reports whether people and budgets cancel in every currency.
func (b *Books) ZeroSum() bool { return !b.nonZero && b.overflow == nil }

// closeAccount adds the balances that the last posting of the account states.
func (b *Books) closeAccount() {
	if !IsAccountKey(b.key) || b.currency == "" {
		return
	}
	t := b.total(b.currency)
	b.add(&t.Held, b.account.Balances.Held)
	b.add(&t.Available, b.account.Balances.Available)
	b.Accounts++
	b.currency = ""
}

// post adds one posting, by the accounts it names.
func (b *Books) post(p Posting, at time.Time) {
	b.Postings++
	b.currency = p.Currency
	t, s := b.total(p.Currency), b.budget(p.ProgramID, p.Currency)
	if strings.HasPrefix(p.Source, "budget/") {
		b.add(&t.Budgets, -p.Amount)
		b.add(t.issued(p), p.Amount)
		if !at.After(b.cutoff) {
			b.add(&s.issued, p.Amount)
		}
	}
	if strings.HasPrefix(p.Destination, "budget/") {
		b.add(&t.Budgets, p.Amount)
		b.add(&t.Reversals, p.Amount)
		if !at.After(b.cutoff) {
			b.add(&s.reversed, p.Amount)
		}
	}
}

// issued returns the sum that a reward of the kind and side of p belongs to.
func (t *CurrencyTotals) issued(p Posting) *int64 {
	switch {
	case p.RewardKind == KindTierBonus:
		return &t.Bonuses
	case p.Side == SideReferee:
		return &t.RefereeRewards
	default:
		return &t.ReferrerRewards
	}
}

// count adds one budget line.
func (b *Books) count(l BudgetLine, at time.Time) {
	if at.After(b.cutoff) {
		return
	}
	s := b.budget(l.ProgramID, l.Currency)
	switch l.Kind {
	case BudgetReserve, BudgetSpend:
		b.add(&s.spent, l.Amount)
	case BudgetCancel, BudgetGiveBack:
		b.add(&s.returned, l.Amount)
	case BudgetSettle:
	}
}

func (b *Books) total(currency string) *CurrencyTotals {
	t, ok := b.totals[currency]
	if !ok {
		t = &CurrencyTotals{Currency: currency}
		b.totals[currency] = t
	}
	return t
}

func (b *Books) budget(program, currency string) *budgetSums {
	s, ok := b.budgets[budget{program, currency}]
	if !ok {
		s = &budgetSums{}
		b.budgets[budget{program, currency}] = s
	}
	return s
}

func (b *Books) add(sum *int64, amount int64) {
	var err error
	*sum, err = Add(*sum, amount)
	b.keep(err)
}

func (b *Books) keep(err error) {
	if err != nil {
		b.overflow = err
	}
}
