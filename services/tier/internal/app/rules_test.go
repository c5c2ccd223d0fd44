package app_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/tier/internal/memstore"
	"github.com/refersuite/refersuite/services/tier/internal/storetest"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

// memory is the stores of unit tests. The same rules run on real stores in package mongostore.
func memory(testing.TB) storetest.Stores {
	return storetest.Stores{Progress: memstore.NewProgress(), Ladders: memstore.NewLadders()}
}

func TestT1_LadderNeverChanges(t *testing.T)        { storetest.T1LadderNeverChanges(t, memory) }
func TestT1_LatestLadderIsTheHighest(t *testing.T)  { storetest.T1LatestLadderIsTheHighest(t, memory) }
func TestT1_OneLadderWinsARace(t *testing.T)        { storetest.T1OneLadderWinsARace(t, memory) }
func TestT2_CrossingPaysTheTierBefore(t *testing.T) { storetest.T2CrossingPaysTheTierBefore(t, memory) }
func TestT2_RaceOfCompletionsPaysOnce(t *testing.T) { storetest.T2RaceOfCompletionsPaysOnce(t, memory) }
func TestT3_CompletionIsCountedOnce(t *testing.T)   { storetest.T3CompletionIsCountedOnce(t, memory) }
func TestT3_ReferralCountsForOnePerson(t *testing.T) {
	storetest.T3ReferralCountsForOnePerson(t, memory)
}
func TestT3_CrashBetweenStepsIsFinished(t *testing.T) {
	storetest.T3CrashBetweenStepsIsFinished(t, memory)
}
func TestT3_ReversalIsExecutedOnce(t *testing.T) { storetest.T3ReversalIsExecutedOnce(t, memory) }
func TestT3_ReversalFollowsItsOwnVersion(t *testing.T) {
	storetest.T3ReversalFollowsItsOwnVersion(t, memory)
}
