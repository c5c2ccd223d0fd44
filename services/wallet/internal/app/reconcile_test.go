package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
)

// busy is a ledger in which something happens between the budgets and the accounts of a walk.
type busy struct {
	app.Log
	between func()
	walks   int
}

// VerifyAll walks the budgets, lets something happen, and walks the accounts.
func (b *busy) VerifyAll(ctx context.Context, _ string, visit func(chain.Entry[domain.Line]) error) (chain.Report, error) {
	b.walks++
	if _, err := b.Log.VerifyAll(ctx, "budget/", visit); err != nil {
		return chain.Report{}, err
	}
	b.between()
	return b.Log.VerifyAll(ctx, "user/", visit)
}

func TestM8_RewardIssuedDuringTheWalkIsNoDrift(t *testing.T) {
	fake := clock.NewFake(time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC))
	log := chain.New(memstore.New(), chain.Options{Clock: fake})
	defer func() {
		if err := log.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	issued := 0
	b := &busy{Log: log}
	ledger := app.NewLedger(b, fake)
	b.between = func() {
		if issued++; issued > 1 {
			return
		}
		_, err := ledger.Issue(t.Context(), domain.Reward{
			ID: "reward/p1/r1/completed/REFERRER", ProgramID: "p1", ReferralID: "r1", Beneficiary: "ann",
			Side: domain.SideReferrer, Kind: domain.KindReferral, Amount: 5000, Currency: "INR",
		})
		if err != nil {
			t.Error(err)
		}
	}
	state, err := ledger.Reconcile(t.Context())
	if err != nil || !state.Verified() || state.Postings != 1 || b.walks != 2 {
		t.Fatalf("%d walks found %+v, %v", b.walks, state, err)
	}
}
