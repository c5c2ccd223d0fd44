package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Ground is a store in which faults are planted behind the ledger's back.
type Ground struct {
	Store       chain.Store[domain.Line]
	Redemptions app.RedemptionStore
	// Tamper replaces an entry by what change makes of a copy, or removes it when change returns false.
	Tamper func(key string, seq int64, change func(*chain.Entry[domain.Line]) bool)
	// Others look at the same ledger in other ways, by name, and find the same.
	Others map[string]func(testing.TB) []domain.Finding
}

// planted is a small ledger with a fault.
type planted struct {
	ledger
	Ground
	t *testing.T
}

// fault is one way to break the ledger and what is found of it: the kinds, each with the documents of its findings.
type fault struct {
	plant func(p planted)
	want  func(p planted) []string
	// account is what VerifyAccount finds of ann's account.
	account []string
}

// ann is the key of the account that most faults are planted in. It has five postings: a held reward (1), two rewards without
// hold (2, 3), the release of the first and the reversal of the second. Bob has one reward (4), the last of all.
const ann = "user/ann/INR"

// RunPlantedFaults plants each fault and sees it found by Reconcile, by VerifyAccount where it is in the account, and by
// every other way there is. The budget lines are looked up before the fault is planted.
func RunPlantedFaults(t *testing.T, open func(*testing.T) Ground) {
	for name, f := range faults() {
		t.Run("M8_"+name, func(t *testing.T) {
			ground := open(t)
			p := planted{ledger: on(t, ground.Store, clock.NewFake(noon)), Ground: ground, t: t}
			p.write()
			if found := p.reconcile(); len(found) != 0 {
				t.Fatalf("the ledger is not whole before: %v", found)
			}
			want := f.want(p)
			f.plant(p)
			slices.Sort(want)
			if found := p.reconcile(); !slices.Equal(found, want) {
				t.Errorf("Reconcile found\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
			}
			fresh := on(t, p.Store, p.clock)
			account, err := fresh.Verify(t.Context(), "ann", "INR")
			if got := summaries(account.Findings); err != nil || !slices.Equal(got, f.account) {
				t.Errorf("VerifyAccount found %v, %v; want %v", got, err, f.account)
			}
			for other, look := range p.Others {
				if found := summaries(look(t)); !slices.Equal(found, want) {
					t.Errorf("%s found\n%s\nwant\n%s", other, strings.Join(found, "\n"), strings.Join(want, "\n"))
				}
			}
		})
	}
}

// write makes the ledger.
func (p planted) write() {
	p.issue(p.t, referral(1))
	p.issue(p.t, free(2))
	p.issue(p.t, free(3))
	p.clock.Advance(24 * time.Hour)
	p.release(p.t, referral(1))
	p.reverse(p.t, free(2))
	bobs := free(4)
	bobs.Beneficiary = "bob"
	p.issue(p.t, bobs)
}

// reconcile reconciles as a process that knows nothing yet.
func (p planted) reconcile() []string {
	p.t.Helper()
	fresh := on(p.t, p.Store, p.clock)
	auditor := app.Auditor{Log: fresh.log, Clock: p.clock, Redemptions: app.RedemptionRecords{Store: p.Redemptions}}
	r, err := auditor.Reconcile(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return summaries(r.Findings)
}

// summaries tells each finding by its kind and documents.
func summaries(found []domain.Finding) []string {
	var list []string
	for _, f := range found {
		list = append(list, string(f.Kind)+" "+strings.Join(f.Documents, " "))
	}
	slices.Sort(list)
	return list
}

// line returns the document of the budget line of a kind about a reward.
func (p planted) line(reward int, kind domain.BudgetKind) string {
	p.t.Helper()
	e := p.lineEntry(reward, kind)
	return domain.DocumentID(e.Key, e.Seq)
}

func (p planted) lineEntry(reward int, kind domain.BudgetKind) chain.Entry[domain.Line] {
	p.t.Helper()
	id := referral(reward).ID
	entries, err := p.log.Range(p.t.Context(), domain.BudgetKey("p1", "INR", id), chain.Page{})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Body.Budget.RewardID == id && e.Body.Budget.Kind == kind {
			return e
		}
	}
	p.t.Fatalf("reward %d has no line %s", reward, kind)
	return chain.Entry[domain.Line]{}
}

// change changes the posting at a position of ann's account, and its hash when the forger is careful.
func (p planted) change(seq int64, careful bool, change func(*domain.Posting)) {
	p.Tamper(ann, seq, func(e *chain.Entry[domain.Line]) bool {
		forged := *e.Body.Posting
		change(&forged)
		e.Body.Posting = &forged
		return p.sum(e, careful)
	})
}

func (p planted) sum(e *chain.Entry[domain.Line], careful bool) bool {
	if careful {
		var err error
		if e.Hash, err = e.Sum(); err != nil {
			p.t.Fatal(err)
		}
	}
	return true
}

// forge appends a posting to an account with valid hashes.
func (p planted) forge(key string, make func(domain.Balances) (domain.Posting, error)) {
	p.t.Helper()
	_, err := p.log.Append(context.WithoutCancel(p.t.Context()), chain.Append[domain.Line]{
		Key: key, Command: command.New("forged", "test.forge.v1"),
		Step: func(head *chain.Entry[domain.Line]) (domain.Line, error) {
			var b domain.Balances
			if head != nil {
				b = head.Body.Posting.After
			}
			posting, err := make(b)
			return domain.Line{Posting: &posting}, err
		},
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func remove(*chain.Entry[domain.Line]) bool { return false }

// doc is a document of ann's account.
func doc(seq int64) string { return domain.DocumentID(ann, seq) }

// faults are the ways to break the ledger.
func faults() map[string]fault {
	return map[string]fault{
		"AmountChanged": {
			plant: func(p planted) { p.change(2, false, func(f *domain.Posting) { f.Amount++ }) },
			want: func(p planted) []string {
				line := p.line(2, domain.BudgetSpend)
				return []string{
					"HASH_MISMATCH " + doc(2), "WRONG_BALANCE " + doc(2), "NON_ZERO_SUM " + doc(5),
					"BUDGET_DRIFT " + line + " " + doc(2), "UNMATCHED_COMMAND " + line + " " + doc(2),
				}
			},
			account: []string{"HASH_MISMATCH " + doc(2), "WRONG_BALANCE " + doc(2)},
		},
		"AmountChangedWithItsHash": {
			plant: func(p planted) { p.change(2, true, func(f *domain.Posting) { f.Amount++ }) },
			want: func(p planted) []string {
				line := p.line(2, domain.BudgetSpend)
				return []string{
					"PREVIOUS_MISMATCH " + doc(2) + " " + doc(3), "WRONG_BALANCE " + doc(2), "NON_ZERO_SUM " + doc(5),
					"BUDGET_DRIFT " + line + " " + doc(2), "UNMATCHED_COMMAND " + line + " " + doc(2),
				}
			},
			account: []string{"PREVIOUS_MISMATCH " + doc(2) + " " + doc(3), "WRONG_BALANCE " + doc(2)},
		},
		"BalanceChangedWithItsHash": {
			plant: func(p planted) { p.change(5, true, func(f *domain.Posting) { f.After.Available += 100 }) },
			want: func(planted) []string {
				return []string{"WRONG_BALANCE " + doc(5), "NON_ZERO_SUM " + doc(5)}
			},
			account: []string{"WRONG_BALANCE " + doc(5)},
		},
		"ReasonChanged": {
			plant:   func(p planted) { p.change(5, false, func(f *domain.Posting) { f.Reason = "a better one" }) },
			want:    func(planted) []string { return []string{"HASH_MISMATCH " + doc(5)} },
			account: []string{"HASH_MISMATCH " + doc(5)},
		},
		"MiddlePostingRemoved": {
			plant: func(p planted) { p.Tamper(ann, 3, remove) },
			want: func(p planted) []string {
				line := p.line(3, domain.BudgetSpend)
				return []string{"GAP " + doc(3), "NON_ZERO_SUM " + doc(5), "BUDGET_DRIFT " + line, "UNMATCHED_COMMAND " + line}
			},
			account: []string{"GAP " + doc(3)},
		},
		"LastPostingRemoved": {
			plant: func(p planted) { p.Tamper("user/bob/INR", 1, remove) },
			want: func(p planted) []string {
				line := p.line(4, domain.BudgetSpend)
				return []string{"BUDGET_DRIFT " + line, "UNMATCHED_COMMAND " + line}
			},
		},
		"LastReversalRemoved": {
			plant: func(p planted) { p.Tamper(ann, 5, remove) },
			want: func(p planted) []string {
				line := p.line(2, domain.BudgetGiveBack)
				return []string{"BUDGET_DRIFT " + line, "UNMATCHED_COMMAND " + line}
			},
		},
		"BudgetLineRemoved": {
			plant: func(p planted) { e := p.lineEntry(4, domain.BudgetSpend); p.Tamper(e.Key, e.Seq, remove) },
			want: func(planted) []string {
				bob := domain.DocumentID("user/bob/INR", 1)
				return []string{"BUDGET_DRIFT " + bob, "UNMATCHED_COMMAND " + bob}
			},
		},
		"BudgetBalanceChangedWithItsHash": {
			plant: func(p planted) {
				last := p.lineEntry(4, domain.BudgetSpend)
				p.Tamper(last.Key, last.Seq, func(e *chain.Entry[domain.Line]) bool {
					forged := *e.Body.Budget
					forged.SpentAfter -= 5000
					e.Body.Budget = &forged
					return p.sum(e, true)
				})
			},
			want: func(p planted) []string { return []string{"WRONG_BALANCE " + p.line(4, domain.BudgetSpend)} },
		},
		"PostingWithoutBudget": {
			plant: func(p planted) {
				p.forge(ann, func(b domain.Balances) (domain.Posting, error) { return domain.Credit(b, free(5), noon) })
			},
			want: func(planted) []string { return []string{"BUDGET_DRIFT " + doc(6), "UNMATCHED_COMMAND " + doc(6)} },
		},
		"AccountsThatDoNotFit": {
			plant: func(p planted) {
				p.forge(ann, func(b domain.Balances) (domain.Posting, error) {
					f, err := domain.Credit(b, free(3), noon)
					f.Source, f.After.Earned = "payout/file", b.Earned
					return f, err
				})
			},
			want: func(planted) []string {
				return []string{"WRONG_BALANCE " + doc(6), "BUDGET_DRIFT " + doc(6), "UNMATCHED_COMMAND " + doc(6)}
			},
			account: []string{"WRONG_BALANCE " + doc(6)},
		},
		"RewardOfAnotherPerson": {
			plant: func(p planted) {
				stolen := free(3)
				stolen.Beneficiary = "carol"
				p.forge("user/carol/INR", func(b domain.Balances) (domain.Posting, error) { return domain.Credit(b, stolen, noon) })
			},
			want: func(planted) []string {
				carol := domain.DocumentID("user/carol/INR", 1)
				return []string{"BUDGET_DRIFT " + carol, "UNMATCHED_COMMAND " + carol}
			},
		},
		"PaidRedemptionWithoutPosting": {
			plant: func(p planted) {
				d := &app.RedemptionDocument{
					Redemption: domain.Redemption{
						RedemptionOrder: domain.RedemptionOrder{ID: "x", UserID: "ann", Amount: 100, Currency: "INR", Destination: "d"},
						Status:          domain.RedemptionPaid, Provider: "file", RequestedAt: noon,
					},
					Version: 1, UpdatedAt: noon,
				}
				if err := p.Redemptions.Insert(p.t.Context(), d); err != nil {
					p.t.Fatal(err)
				}
			},
			want: func(planted) []string {
				return []string{"UNMATCHED_COMMAND redemptions/x", "UNMATCHED_COMMAND redemptions/x"} // the request and the payout
			},
		},
		"RedemptionWithoutDocument": {
			plant: func(p planted) {
				p.forge(ann, func(b domain.Balances) (domain.Posting, error) {
					return domain.Posting{
						Kind: domain.PostingRedemptionRequested, CommandID: "redeem/y", RedemptionID: "y", User: "ann", Amount: 100, Currency: "INR",
					}.On(b)
				})
			},
			want: func(planted) []string { return []string{fmt.Sprint("UNMATCHED_COMMAND ", doc(6))} },
		},
	}
}
