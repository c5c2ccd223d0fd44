package domain

import (
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

func read(account []Posting, budget []BudgetLine, cutoff time.Time) *Books {
	b := NewBooks(cutoff)
	for i := range budget {
		b.Visit("budget/p1/INR/00", int64(i+1), noon, Line{Budget: &budget[i]})
	}
	b.Visit("program/p1", 1, noon, Line{Program: &Program{Currency: "INR"}})
	for i := range account {
		b.Visit("user/ann/INR", int64(i+1), noon, Line{Posting: &account[i]})
	}
	return b
}

func kinds(b *Books) []FindingKind {
	var list []FindingKind
	for _, f := range b.Findings {
		list = append(list, f.Kind)
	}
	return list
}

func TestM8_WholeBooksHaveNoFindings(t *testing.T) {
	account, budget := written(t)
	b := read(account, budget, noon)
	fail(t, b.Close())
	want := CurrencyTotals{Currency: "INR", ReferrerRewards: 10000, Reversals: 5000, Available: 5000, Budgets: -5000}
	if totals := b.Totals(); len(b.Findings) > 0 || !b.ZeroSum() || len(totals) != 1 || totals[0] != want {
		t.Fatalf("got %+v, findings %+v", totals, b.Findings)
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
			[]FindingKind{FindingWrongBalance, FindingNonZeroSum, FindingBudgetDrift},
		},
		"source": {
			func(a []Posting, b []BudgetLine) ([]Posting, []BudgetLine) { a[0].Source = "budget/p2"; return a, b },
			[]FindingKind{FindingWrongBalance},
		},
		"lost posting": {
			func(a []Posting, b []BudgetLine) ([]Posting, []BudgetLine) { return a[:2], b },
			[]FindingKind{FindingBudgetDrift},
		},
		"lost budget line": {
			func(a []Posting, b []BudgetLine) ([]Posting, []BudgetLine) { return a, b[:2] },
			[]FindingKind{FindingBudgetDrift},
		},
		"budget balance": {
			func(a []Posting, b []BudgetLine) ([]Posting, []BudgetLine) { b[2].SpentAfter = 0; return a, b },
			[]FindingKind{FindingWrongBalance},
		},
	} {
		t.Run(name, func(t *testing.T) {
			account, budget := c.damage(written(t))
			b := read(account, budget, noon)
			fail(t, b.Close())
			if got := kinds(b); !slices.Equal(got, c.want) {
				t.Fatalf("got %+v, want %v", b.Findings, c.want)
			}
		})
	}
}

func TestM8_EntriesAfterTheCutoffAreNoDrift(t *testing.T) {
	account, budget := written(t)
	b := read(account, budget[:1], noon.Add(-time.Millisecond))
	fail(t, b.Close())
	if len(b.Findings) > 0 {
		t.Fatalf("got %+v", b.Findings)
	}
}

func TestM8_FindingsAreBounded(t *testing.T) {
	b := NewBooks(noon)
	for i := range int64(3 * MaxFindings) {
		b.Visit("user/ann/INR", i+1, noon, Line{})
	}
	fail(t, b.Close())
	if len(b.Findings) != MaxFindings {
		t.Fatalf("kept %d findings", len(b.Findings))
	}
}
