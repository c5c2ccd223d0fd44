package storetest

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// issue issues a reward that must be issued.
func (l ledger) issue(t testing.TB, r domain.Reward) app.Posted {
	t.Helper()
	p, err := l.Issue(t.Context(), r)
	if err != nil {
		t.Fatalf("issue %s: %v", r.ID, err)
	}
	return p
}

// release releases a reward that must be released.
func (l ledger) release(t testing.TB, r domain.Reward) app.Posted {
	t.Helper()
	p, err := l.Release(t.Context(), releaseOf(r))
	if err != nil {
		t.Fatalf("release %s: %v", r.ID, err)
	}
	return p
}

// reverse reverses a reward that must be reversed.
func (l ledger) reverse(t testing.TB, r domain.Reward) app.Posted {
	t.Helper()
	p, err := l.Reverse(t.Context(), reverseOf(r, "REFUND"))
	if err != nil {
		t.Fatalf("reverse %s: %v", r.ID, err)
	}
	return p
}

// wantBalance fails unless ann's account is as told.
func (l ledger) wantBalance(t testing.TB, held, available, postings int64) {
	t.Helper()
	got, err := l.Balance(t.Context(), "ann", "INR")
	want := app.Account{Balances: domain.Balances{Held: held, Available: available, Earned: held + available}, Postings: postings}
	if err != nil || got != want {
		t.Fatalf("balance is %+v, %v; want %+v", got, err, want)
	}
}

// wantWhole fails unless the whole ledger reconciles.
func (l ledger) wantWhole(t testing.TB) app.Reconciliation {
	t.Helper()
	r, err := l.Reconcile(t.Context())
	if err != nil || !r.Verified() {
		t.Fatalf("the ledger does not reconcile: %+v, %v", r, err)
	}
	return r
}

func wantRefusal(t testing.TB, err error, code errs.Code, reason string) {
	t.Helper()
	if errs.CodeOf(err) != code || errs.Reason(err) != reason {
		t.Fatalf("got %v, want %s", err, reason)
	}
}
