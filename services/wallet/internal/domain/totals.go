package domain

import "strings"

// CurrencyTotals sums the ledger of one currency, in minor units.
type CurrencyTotals struct {
	Currency string
	// ReferrerRewards, RefereeRewards and Bonuses are what was issued.
	ReferrerRewards, RefereeRewards, Bonuses int64
	// Reversals is what was taken back.
	Reversals int64
	// Held, Available, Pending and Owed are the sums of the balances that people's last postings state.
	Held, Available, Pending, Owed int64
	// Budgets, Payouts and Adjustments are the balances of the accounts of these names, from what the postings moved. A budget
	// that gave is negative.
	Budgets, Payouts, Adjustments int64
	// Digest is SHA-256 over the heads of all chains of the currency, in hex; see Digests.
	Digest string
}

// Sum adds up all accounts of the currency: zero when the ledger is whole. It fails with ErrAmountOverflow.
func (t CurrencyTotals) Sum() (int64, error) {
	sum, err := Balances{Held: t.Held, Available: t.Available, Pending: t.Pending, Owed: t.Owed}.sum()
	for _, amount := range []int64{t.Budgets, t.Payouts, t.Adjustments} {
		if err == nil {
			sum, err = Add(sum, amount)
		}
	}
	return sum, err
}

// outside returns the balance of an account of the chart that belongs to no person; nil when it does.
func (t *CurrencyTotals) outside(account string) *int64 {
	switch {
	case strings.HasPrefix(account, "budget/"):
		return &t.Budgets
	case strings.HasPrefix(account, "payout/"):
		return &t.Payouts
	case account == AdjustmentAccount:
		return &t.Adjustments
	default:
		return nil
	}
}

// isOutside reports whether an account of the chart belongs to no person.
func isOutside(account string) bool {
	var t CurrencyTotals
	return t.outside(account) != nil
}

// issued returns the sum that a reward of the kind and side of p belongs to.
func (t *CurrencyTotals) issued(p Posting) *int64 {
	switch {
	case p.RewardKind == KindTierBonus:
		return &t.Bonuses
	case p.Side == SideReferee:
		return &t.RefereeRewards
	default:
		return &t.ReferrerRewards
	}
}
