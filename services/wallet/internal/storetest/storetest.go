// Package storetest holds the contract of the ledger: what the use cases promise, whatever store is below them. It runs
// against every adapter, and the rules are named as in the documentation.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// Open returns an empty store that ends with the test.
type Open func(testing.TB) chain.Store[domain.Line]

// Run runs the contract against a store.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Open){
		"M1_OverflowIsRefused":               M1OverflowIsRefused,
		"M1_OneCurrencyPerProgramme":         M1OneCurrencyPerProgramme,
		"M2_ReplayReturnsTheFirstPosting":    M2ReplayReturnsTheFirstPosting,
		"M2_ReusedIDIsRefused":               M2ReusedIDIsRefused,
		"M3_AccountIsLinearizable":           M3AccountIsLinearizable,
		"M3_ZeroSumWhileTheLedgerIsUsed":     M3ZeroSumWhileTheLedgerIsUsed,
		"M4_HoldEndsByItsTime":               M4HoldEndsByItsTime,
		"M4_ReleaseAndReversalRace":          M4ReleaseAndReversalRace,
		"M5_ReversalTakesTheRewardBack":      M5ReversalTakesTheRewardBack,
		"M5_ReversalsAreReplayed":            M5ReversalsAreReplayed,
		"M6_BudgetCatchesAnotherBeneficiary": M6BudgetCatchesAnotherBeneficiary,
		"M6_CrashBetweenStepsIsFinished":     M6CrashBetweenStepsIsFinished,
		"M8_ReconcileTellsTheTotals":         M8ReconcileTellsTheTotals,
		"M8_DriftIsReported":                 M8DriftIsReported,
		"PostingsNewestFirst":                PostingsNewestFirst,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
	for _, rules := range []map[string]func(*testing.T, Open){Accounts, Reading} {
		for name, test := range rules {
			t.Run(name, func(t *testing.T) { test(t, open) })
		}
	}
}

// noon is when every test begins.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// ledger is a ledger under test.
type ledger struct {
	*app.Ledger
	clock *clock.Fake
	log   *chain.Log[domain.Line]
}

// impatient is a clock that never waits, so that pauses between attempts take no time.
type impatient struct{ *clock.Fake }

// NewTimer fires at once.
func (c impatient) NewTimer(time.Duration) clock.Timer { return c.Fake.NewTimer(0) }

// on returns a ledger on a store, as a process of its own.
func on(t testing.TB, store chain.Store[domain.Line], fake *clock.Fake) ledger {
	t.Helper()
	log := chain.New(store, chain.Options{Clock: impatient{fake}, Name: "wallet.test"})
	t.Cleanup(func() {
		if err := log.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("close the log: %v", err)
		}
	})
	return ledger{Ledger: app.NewLedger(log, fake), clock: fake, log: log}
}

func start(t testing.TB, open Open) ledger {
	t.Helper()
	return on(t, open(t), clock.NewFake(noon))
}

// referral is the reward of a referral of programme p1 to ann, held for a day.
func referral(n int) domain.Reward {
	return domain.Reward{
		ID: fmt.Sprintf("reward/p1/r%d/completed/REFERRER", n), ProgramID: "p1", ProgramVersion: 1,
		ReferralID: fmt.Sprintf("r%d", n), Beneficiary: "ann", Side: domain.SideReferrer, Kind: domain.KindReferral,
		Amount: 5000, Currency: "INR", Hold: 24 * time.Hour, Tier: "STARTER",
	}
}

// free is the same reward without hold.
func free(n int) domain.Reward {
	r := referral(n)
	r.Hold = 0
	return r
}

func releaseOf(r domain.Reward) domain.Settlement {
	return domain.Settlement{ID: domain.ReleaseID(r.ID), RewardID: r.ID, Beneficiary: r.Beneficiary, Currency: r.Currency}
}

func reverseOf(r domain.Reward, reason string) domain.Settlement {
	return domain.Settlement{ID: domain.ReverseID(r.ID), RewardID: r.ID, Beneficiary: r.Beneficiary, Currency: r.Currency, Reason: reason}
}
