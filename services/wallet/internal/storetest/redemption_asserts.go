package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// fund gives a person available balance.
func (p *process) fund(t testing.TB, user string, amount int64) {
	t.Helper()
	r := free(1)
	r.Beneficiary, r.Amount = user, amount
	r.ReferralID = "for-" + user
	r.ID = fmt.Sprintf("reward/p1/%s/completed/REFERRER", r.ReferralID)
	_, err := p.ledger.Issue(t.Context(), r)
	must(t, err)
}

func orderOf(id, user string, amount int64) domain.RedemptionOrder {
	return domain.RedemptionOrder{ID: id, UserID: user, Amount: amount, Currency: "INR", Destination: "upi:" + user}
}

// request requests a redemption that must be accepted.
func (p *process) request(t testing.TB, id, user string, amount int64) domain.Redemption {
	t.Helper()
	x, _, err := p.Request(t.Context(), orderOf(id, user, amount), "")
	if err != nil {
		t.Fatalf("request %s: %v", id, err)
	}
	return x
}

// wantRedemption fails unless a redemption is in a state, and the ledger agrees.
func (p *process) wantRedemption(t testing.TB, user, id string, status domain.RedemptionStatus) domain.Redemption {
	t.Helper()
	x, err := p.Get(t.Context(), user, id)
	if err != nil || x.Status != status {
		t.Fatalf("redemption %s is %+v, %v; want %s", id, x, err, status)
	}
	return x
}

// wantFunds fails unless a person has what is told, and the postings add up to it.
func (p *process) wantFunds(t testing.TB, user string, available, pending int64) {
	t.Helper()
	b := rawBalances(t, p.log, user)
	if b.Available != available || b.Pending != pending {
		t.Fatalf("%s has %s; want %d available, %d pending", user, b, available, pending)
	}
}

// failer is what both tests and rapid properties have.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// rawBalances adds the postings of a person up by the accounts they name, and fails unless that is what the last posting
// states and all accounts together are zero. It returns what the last posting states.
func rawBalances(t failer, log app.Log, user string) domain.Balances {
	t.Helper()
	accounts, last := map[string]int64{}, domain.Balances{}
	var before int64
	for first := true; ; first = false {
		entries, err := log.Range(context.Background(), domain.AccountKey(user, "INR"), chain.Page{Before: before, Limit: chain.MaxLimit, Descending: true})
		if err != nil {
			t.Fatalf("read the postings of %s: %v", user, err)
		}
		for i, e := range entries {
			posting := e.Body.Posting
			if first && i == 0 {
				last = posting.After
			}
			accounts[posting.Source] -= posting.Amount
			accounts[posting.Destination] += posting.Amount
			before = e.Seq
		}
		if len(entries) < chain.MaxLimit {
			break
		}
	}
	var sum int64
	for _, amount := range accounts {
		sum += amount
	}
	if sum != 0 || accounts[domain.AvailableAccount(user)] != last.Available || accounts[domain.PendingAccount(user)] != last.Pending {
		t.Fatalf("the postings of %s add up to %v, its last one states %s", user, accounts, last)
	}
	if last.Available < 0 || last.Pending < 0 {
		t.Fatalf("%s was redeemed below zero: %s", user, last)
	}
	return last
}

// openAmount sums the redemptions of a person that their documents say are open.
func (p *process) openAmount(t failer, user string) int64 {
	t.Helper()
	list, more, err := p.List(context.Background(), app.RedemptionQuery{UserID: user}, app.RedemptionCursor{}, 500)
	if err != nil || more {
		t.Fatalf("list the redemptions of %s: %v, more %v", user, err, more)
	}
	var sum int64
	for _, x := range list {
		if x.Status.Open() {
			sum += x.Amount
		}
	}
	return sum
}
