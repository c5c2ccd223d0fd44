package domain

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// BudgetStripes is how many chains share the budget of one programme and currency. A command always meets the same stripe,
// so that a reused id is found there, while replicas seldom compete for one chain. Changing the number would send known ids
// to other stripes.
const BudgetStripes = 8

// SettleID is the chain command under which the hold of a reward is settled. Release and cancellation share it, so the
// chain lets exactly one of them happen.
func SettleID(rewardID string) string { return "settle/" + rewardID }

// BudgetAccount names the account that a programme pays from.
func BudgetAccount(programID string) string { return "budget/" + programID }

// HeldAccount names the held part of a person's account.
func HeldAccount(userID string) string { return "user/" + userID + "/held" }

// AvailableAccount names the available part of a person's account.
func AvailableAccount(userID string) string { return "user/" + userID + "/available" }

// PendingAccount names the part of a person's account that is on the way to payouts.
func PendingAccount(userID string) string { return "user/" + userID + "/pending" }

// OwedAccount names the part of a person's account that reversals overdrew. What is owed is its balance, negated.
func OwedAccount(userID string) string { return "user/" + userID + "/owed" }

// AdjustmentAccount is the other side of corrections by hand.
const AdjustmentAccount = "adjustment"

// PayoutAccount names the account of what a payout provider paid.
func PayoutAccount(provider string) string { return "payout/" + provider }

// AccountKey is the key of the chain of a person's postings in one currency.
func AccountKey(userID, currency string) string { return "user/" + userID + "/" + currency }

// BudgetKey is the key of the chain that counts a reward against its programme.
func BudgetKey(programID, currency, rewardID string) string {
	return StripeKey(programID, currency, StripeOf(rewardID))
}

// StripeOf returns the stripe that counts a reward.
func StripeOf(rewardID string) int64 {
	h := fnv.New32a()
	h.Write([]byte(rewardID))
	return int64(h.Sum32() % BudgetStripes)
}

// StripeKey is the key of the chain of one budget stripe.
func StripeKey(programID, currency string, stripe int64) string {
	return fmt.Sprintf("budget/%s/%s/%02d", programID, currency, stripe)
}

// ProgramKey is the key of the chain of a programme's money. Its first entry fixes the currency.
func ProgramKey(programID string) string { return "program/" + programID }

// IsAccountKey reports whether a chain key is one of a person's postings.
func IsAccountKey(key string) bool { return strings.HasPrefix(key, "user/") }
