package app_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
	"github.com/refersuite/refersuite/services/wallet/internal/storetest"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

// memory is the store of unit tests. The same rules run on real stores in package mongostore.
func memory(testing.TB) chain.Store[domain.Line] { return memstore.New() }

func TestM1_OverflowIsRefused(t *testing.T)       { storetest.M1OverflowIsRefused(t, memory) }
func TestM1_OneCurrencyPerProgramme(t *testing.T) { storetest.M1OneCurrencyPerProgramme(t, memory) }
func TestM2_ReplayReturnsTheFirstPosting(t *testing.T) {
	storetest.M2ReplayReturnsTheFirstPosting(t, memory)
}
func TestM2_ReusedIDIsRefused(t *testing.T) { storetest.M2ReusedIDIsRefused(t, memory) }
func TestM3_ZeroSumWhileTheLedgerIsUsed(t *testing.T) {
	storetest.M3ZeroSumWhileTheLedgerIsUsed(t, memory)
}
func TestM3_AccountIsLinearizable(t *testing.T)  { storetest.M3AccountIsLinearizable(t, memory) }
func TestM4_HoldEndsByItsTime(t *testing.T)      { storetest.M4HoldEndsByItsTime(t, memory) }
func TestM4_ReleaseAndReversalRace(t *testing.T) { storetest.M4ReleaseAndReversalRace(t, memory) }
func TestM5_ReversalTakesTheRewardBack(t *testing.T) {
	storetest.M5ReversalTakesTheRewardBack(t, memory)
}
func TestM5_ReversalsAreReplayed(t *testing.T) { storetest.M5ReversalsAreReplayed(t, memory) }
func TestM6_BudgetCatchesAnotherBeneficiary(t *testing.T) {
	storetest.M6BudgetCatchesAnotherBeneficiary(t, memory)
}
func TestM6_CrashBetweenStepsIsFinished(t *testing.T) {
	storetest.M6CrashBetweenStepsIsFinished(t, memory)
}
func TestM8_ReconcileTellsTheTotals(t *testing.T)   { storetest.M8ReconcileTellsTheTotals(t, memory) }
func TestM8_DriftIsReported(t *testing.T)           { storetest.M8DriftIsReported(t, memory) }
func TestM3_AnyInterleavingSumsToZero(t *testing.T) { storetest.M3AnyInterleavingSumsToZero(t, memory) }
