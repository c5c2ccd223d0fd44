package app_test

import (
	"testing"

	"github.com/refersuite/refersuite/services/wallet/internal/storetest"
)

func TestM3_AdjustmentHasTwoSides(t *testing.T) { storetest.M3AdjustmentHasTwoSides(t, memory) }
func TestM3_AdjustmentNeedsCover(t *testing.T)  { storetest.M3AdjustmentNeedsCover(t, memory) }
func TestM3_StatementAddsUp(t *testing.T)       { storetest.M3StatementAddsUp(t, memory) }
func TestM7_OnlyEmptyAccountsAreClosed(t *testing.T) {
	storetest.M7OnlyEmptyAccountsAreClosed(t, memory)
}
func TestM5_OwedIsPaidOffByEveryCredit(t *testing.T) {
	storetest.M5OwedIsPaidOffByEveryCredit(t, memory)
}
