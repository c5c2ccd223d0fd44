package domain

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"
)

// written is a small ledger: one held reward, one reward without hold, and a cancelled hold.
func written(t *testing.T) (account []Posting, budget []BudgetLine) {
	t.Helper()
	second := reward()
	second.ID, second.ReferralID, second.Hold = "reward/p1/r2/completed/REFERRER", "r2", 0
	first, err := Credit(Balances{}, reward(), noon)
	fail(t, err)
	next, err := Credit(first.After, second, noon)
	fail(t, err)
	cancel, err := CancelHold(next.After, first, Settlement{ID: "reverse/" + first.RewardID, RewardID: first.RewardID, Reason: "FRAUD"})
	fail(t, err)
	spend1, err := Count(BudgetLine{}, reward(), noon)
	fail(t, err)
	spend2, err := Count(spend1, second, noon)
	fail(t, err)
	back, err := spend1.Counted(BudgetCancel, spend2)
	fail(t, err)
	return []Posting{first, next, cancel}, []BudgetLine{spend1, spend2, back}
}

func fail(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pass lets the ledger pass by a reader, in the order of the keys.
func pass(account []Posting, budget []BudgetLine, visit func(Entry)) {
	for i := range budget {
		visit(Entry{Key: "budget/p1/INR/00", Seq: int64(i + 1), At: noon, Line: Line{Budget: &budget[i]}})
	}
	visit(Entry{Key: "program/p1", Seq: 1, At: noon, Line: Line{Program: &Program{Currency: "INR"}}})
	for i := range account {
		visit(Entry{Key: "user/ann/INR", Seq: int64(i + 1), At: noon, Line: Line{Posting: &account[i]}})
	}
}

// read does what a reconciliation does.
func read(account []Posting, budget []BudgetLine, cutoff time.Time) *Books {
	b := NewBooks(cutoff)
	pass(account, budget, b.Visit)
	if !b.Suspicious() {
		b.Close(nil, nil)
		return b
	}
	m := b.Matcher()
	pass(account, budget, m.Visit)
	m = m.Again()
	pass(account, budget, m.Visit)
	b.Close(m, m.Leftovers())
	return b
}

func kinds(b *Books) []FindingKind {
	var list []FindingKind
	for _, f := range b.Findings.List() {
		list = append(list, f.Kind)
	}
	return list
}

func TestM8_WholeBooksHaveNoFindings(t *testing.T) {
	account, budget := written(t)
	b := read(account, budget, noon)
	want := CurrencyTotals{Currency: "INR", ReferrerRewards: 10000, Reversals: 5000, Available: 5000, Budgets: -5000}
	want.Digest = b.digests.Of("INR")
	if totals := b.Totals(); len(b.Findings.List()) > 0 || !b.ZeroSum() || len(totals) != 1 || totals[0] != want {
		t.Fatalf("got %+v, findings %+v", totals, b.Findings.List())
	}
	if b.Accounts != 1 || b.Postings != 3 {
		t.Fatalf("walked %d accounts, %d postings", b.Accounts, b.Postings)
	}
}

func TestM8_EachKindOfDamageIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(account []Posting, budget []BudgetLine) ([]Posting, []BudgetLine)
		want   []FindingKind
	}{
		"running balance": {
			func(a []Posting, b []BudgetLine) ([]Posting, []BudgetLine) { a[1].After.Available++; return a, b },
			[]FindingKind{FindingWrongBalance, FindingWrongBalance},
		},
		"last balance": {
			func(a []Posting, b []BudgetLine) ([]Posting, []BudgetLine) { a[2].After.Available++; return a, b },
			[]FindingKind{FindingWrongBalance, FindingNonZeroSum},
		},
		"amount": {
			func(a []Posting, b []BudgetLine) ([]Posting, []BudgetLine) { a[0].Amount = 6000; return a, b },
			[]FindingKind{FindingWrongBalance, FindingNonZeroSum, FindingBudgetDrift, FindingUnmatchedCommand},
		},
		"source": {
			func(a []Posting, b []BudgetLine) ([]Posting, []BudgetLine) { a[0].Source = "budget/p2"; return a, b },
			[]FindingKind{FindingWrongBalance},
		},
		"beneficiary": {
			func(a []Posting, b []BudgetLine) ([]Posting, []BudgetLine) { b[1].Beneficiary = "bob"; return a, b },
			[]FindingKind{FindingUnmatchedCommand},
		},
		"lost posting": {
			func(a []Posting, b []BudgetLine) ([]Posting, []BudgetLine) { return a[:2], b },
			[]FindingKind{FindingBudgetDrift, FindingUnmatchedCommand},
		},
		"lost budget line": {
			func(a []Posting, b []BudgetLine) ([]Posting, []BudgetLine) { return a, b[:2] },
			[]FindingKind{FindingBudgetDrift, FindingUnmatchedCommand},
		},
		"budget balance": {
			func(a []Posting, b []BudgetLine) ([]Posting, []BudgetLine) { b[2].SpentAfter = 0; return a, b },
			[]FindingKind{FindingWrongBalance},
		},
	} {
		t.Run(name, func(t *testing.T) {
			account, budget := c.damage(written(t))
			b := read(account, budget, noon)
			if got := kinds(b); !slices.Equal(got, c.want) {
				t.Fatalf("got %+v, want %v", b.Findings.List(), c.want)
			}
		})
	}
}

func TestM8_EntriesAfterTheCutoffAreNoDrift(t *testing.T) {
	account, budget := written(t)
	b := read(account, budget[:1], noon.Add(-time.Millisecond))
	if len(b.Findings.List()) > 0 {
		t.Fatalf("got %+v", b.Findings.List())
	}
}

func TestM8_FindingsAreBoundedAndCounted(t *testing.T) {
	b := NewBooks(noon)
	for i := range int64(3 * MaxFindings) {
		b.Visit(Entry{Key: "user/ann/INR", Seq: i + 1, At: noon})
	}
	b.Findings.Add(Finding{Kind: FindingGap}, Finding{Kind: FindingUnmatchedCommand})
	b.Close(nil, nil)
	list := b.Findings.List()
	if len(list) != MaxFindings || list[0].Kind != FindingGap || list[MaxFindings-1].Kind != FindingUnmatchedCommand {
		t.Fatalf("kept %d findings: %+v", len(list), list)
	}
	want := map[FindingKind]int64{FindingWrongBalance: 3 * MaxFindings, FindingGap: 1, FindingUnmatchedCommand: 1}
	if got := b.Findings.Counts(); !maps.Equal(got, want) {
		t.Fatalf("counted %v, want %v", got, want)
	}
}

func TestM8_SumsThatOverflowAreAFinding(t *testing.T) {
	account, budget := written(t)
	account[0].Amount, account[1].Amount = math.MaxInt64, math.MaxInt64
	b := read(account, budget, noon)
	if b.ZeroSum() || b.Findings.Counts()[FindingNonZeroSum] == 0 {
		t.Fatalf("found %+v", b.Findings.List())
	}
}

func TestM8_TooManySuspectsAreNotLookedAtOneByOne(t *testing.T) {
	const lost = 2 * maxSuspects
	visit := func(to func(Entry)) {
		l := BudgetLine{}
		for i := range lost {
			r := reward()
			r.ID = fmt.Sprintf("reward/p1/r%d/completed/REFERRER", i)
			l, _ = Count(l, r, noon)
			line := l
			to(Entry{Key: "budget/p1/INR/00", Seq: int64(i + 1), At: noon, Line: Line{Budget: &line}})
		}
	}
	b := NewBooks(noon)
	visit(b.Visit)
	m := b.Matcher()
	visit(m.Visit)
	if n := len(m.items); n == 0 || n > maxSuspects {
		t.Fatalf("%d are kept in memory", n)
	}
	b.Close(m, m.Leftovers())
	counts := b.Findings.Counts()
	if counts[FindingBudgetDrift] != 1 || counts[FindingUnmatchedCommand] != int64(len(m.items)+1) {
		t.Fatalf("counted %v", counts)
	}
}
