package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// M3ZeroSumWhileTheLedgerIsUsed reconciles again and again while rewards are issued, released and reversed.
func M3ZeroSumWhileTheLedgerIsUsed(t *testing.T, open Open) {
	l := start(t, open)
	const writers, rewards = 8, 12
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for i := range rewards {
				r := free(w*rewards + i)
				r.Beneficiary = fmt.Sprintf("u%d", i%3)
				if _, err := l.Issue(t.Context(), r); err != nil {
					t.Errorf("issue: %v", err)
				}
				if i%2 == 0 {
					if _, err := l.Reverse(t.Context(), reverseOf(r, "REFUND")); err != nil {
						t.Errorf("reverse: %v", err)
					}
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wait.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		state, err := l.Reconcile(t.Context())
		if err != nil || !state.ZeroSum {
			t.Fatalf("not zero while in use: %+v, %v", state, err)
		}
		l.clock.Advance(time.Millisecond)
	}
	state := l.wantWhole(t)
	if want := int64(writers * rewards * 3 / 2); state.Postings != want || state.Accounts != 3 {
		t.Fatalf("walked %d postings of %d accounts, want %d", state.Postings, state.Accounts, want)
	}
}

// M8ReconcileTellsTheTotals checks the totals of each currency and the verification of one account.
func M8ReconcileTellsTheTotals(t *testing.T, open Open) {
	l := start(t, open)
	if state := l.wantWhole(t); len(state.Currencies) != 0 || state.Postings != 0 {
		t.Fatalf("an empty ledger has %+v", state)
	}
	l.issue(t, referral(1))
	referee := free(1)
	referee.ID, referee.Side, referee.Beneficiary, referee.Amount = "reward/p1/r1/completed/REFEREE", domain.SideReferee, "bob", 2500
	l.issue(t, referee)
	bonus := free(1)
	bonus.ID, bonus.Kind, bonus.Amount, bonus.Tier = "bonus/p1/ann/PRO", domain.KindTierBonus, 20000, "PRO"
	l.issue(t, bonus)
	dollars := free(2)
	dollars.ID, dollars.ProgramID, dollars.Currency = "reward/p2/r2/completed/REFERRER", "p2", "USD"
	l.issue(t, dollars)
	l.reverse(t, bonus)
	state := l.wantWhole(t)
	want := []domain.CurrencyTotals{
		{Currency: "INR", ReferrerRewards: 5000, RefereeRewards: 2500, Bonuses: 20000, Reversals: 20000, Held: 5000, Available: 2500, Budgets: -7500},
		{Currency: "USD", ReferrerRewards: 5000, Available: 5000, Budgets: -5000},
	}
	for i := range want {
		want[i].Digest = state.Currencies[i].Digest
	}
	if !slices.Equal(state.Currencies, want) || len(want[0].Digest) != 64 || want[0].Digest == want[1].Digest {
		t.Fatalf("got %+v", state.Currencies)
	}
	if state.Accounts != 3 || state.Postings != 5 {
		t.Fatalf("walked %d accounts, %d postings", state.Accounts, state.Postings)
	}
	verified, err := l.Verify(t.Context(), "ann", "INR")
	if err != nil || verified.Postings != 3 || len(verified.Findings) != 0 {
		t.Fatalf("got %+v, %v", verified, err)
	}
	verified, err = l.Verify(t.Context(), "nobody", "INR")
	if err != nil || verified.Postings != 0 || len(verified.Findings) != 0 {
		t.Fatalf("got %+v, %v", verified, err)
	}
}

// M8DriftIsReported checks that a posting which passed no budget is found, and a wrong running balance too.
func M8DriftIsReported(t *testing.T, open Open) {
	l := start(t, open)
	l.issue(t, referral(1))
	smuggled := referral(2)
	_, err := l.log.Append(t.Context(), chain.Append[domain.Line]{
		Key: domain.AccountKey("ann", "INR"), Command: command.New(smuggled.ID, "test.smuggle.v1"),
		Step: func(head *chain.Entry[domain.Line]) (domain.Line, error) {
			p, err := domain.Credit(head.Body.Posting.After, smuggled, noon)
			p.After.Available++
			return domain.Line{Posting: &p}, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	state, err := l.Reconcile(t.Context())
	if err != nil || state.Verified() || state.ZeroSum {
		t.Fatalf("got %+v, %v", state, err)
	}
	found := map[domain.FindingKind]domain.Finding{}
	for _, f := range state.Findings {
		found[f.Kind] = f
	}
	unmatched := found[domain.FindingUnmatchedCommand]
	if len(found) != 4 || unmatched.Account != "user/ann/INR" || unmatched.Seq != 2 ||
		!slices.Equal(unmatched.Documents, []string{"user/ann/INR#000000000002"}) || found[domain.FindingBudgetDrift].Account != "budget/p1/INR" ||
		found[domain.FindingWrongBalance].Seq != 2 || found[domain.FindingNonZeroSum].Account != "INR" {
		t.Fatalf("found %+v", state.Findings)
	}
	verified, err := l.Verify(t.Context(), "ann", "INR")
	if err != nil || len(verified.Findings) != 1 || verified.Findings[0].Kind != domain.FindingWrongBalance {
		t.Fatalf("got %+v, %v", verified, err)
	}
}

// PostingsNewestFirst checks the pages of postings.
func PostingsNewestFirst(t *testing.T, open Open) {
	l := start(t, open)
	for n := range 5 {
		l.issue(t, free(n))
	}
	var seqs []int64
	var before int64
	for {
		list, more, err := l.Postings(t.Context(), "ann", "INR", before, 2)
		if err != nil || len(list) == 0 || len(list) > 2 {
			t.Fatalf("got %d postings, %v", len(list), err)
		}
		for _, p := range list {
			seqs = append(seqs, p.Seq)
		}
		if before = seqs[len(seqs)-1]; !more {
			break
		}
	}
	if fmt.Sprint(seqs) != "[5 4 3 2 1]" {
		t.Fatalf("got %v", seqs)
	}
	if list, more, err := l.Postings(t.Context(), "nobody", "INR", 0, 2); len(list) != 0 || more || err != nil {
		t.Fatalf("got %v, %v, %v", list, more, err)
	}
}
