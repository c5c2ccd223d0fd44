package domain

import (
	"errors"
	"fmt"
	"hash/fnv"
)

// Adjustment is the command to correct an available balance by hand.
type Adjustment struct {
	// ID is adjust/<id>, the id chosen by the caller.
	ID string
	// User owns the account.
	User string
	// Amount in minor units of Currency, -MaxAmount to MaxAmount and not zero; negative debits.
	Amount int64
	// Currency is an ISO 4217 code in capitals.
	Currency string
	// Reason is why.
	Reason string
	// AllowNegative lets a debit exceed the available balance.
	AllowNegative bool
	// Actor is the subject of the administrator. It does not belong to the command's contents: whoever sends it again means
	// the same adjustment.
	Actor string
	// TraceID is the trace of the request. It does not belong to the command's contents.
	TraceID string
}

// ErrInsufficientFunds says that the available balance does not cover a debit.
var ErrInsufficientFunds = errors.New("the available balance does not cover it")

// Validate returns a *FieldError for an adjustment that can never be made.
func (a Adjustment) Validate() error {
	switch {
	case a.Amount == 0 || a.Amount < -MaxAmount || a.Amount > MaxAmount:
		return &FieldError{Field: "amount_minor", Problem: "must be between -1,000,000,000,000 and 1,000,000,000,000 minor units and not 0"}
	case len(a.Currency) != 3:
		return &FieldError{Field: "currency", Problem: "must be an ISO 4217 code such as INR"}
	case a.Reason == "":
		return &FieldError{Field: "reason", Problem: "must say why the balance is corrected"}
	default:
		return nil
	}
}

// Adjust returns the posting that corrects an account with balances b. It fails with ErrAccountClosed, with
// ErrInsufficientFunds for a debit that is not covered unless AllowNegative is set, and with ErrAmountOverflow.
func Adjust(b Balances, a Adjustment) (Posting, error) {
	p := Posting{
		Kind: PostingAdjustmentCredit, CommandID: a.ID, User: a.User, Amount: a.Amount, Currency: a.Currency,
		Reason: a.Reason, Actor: a.Actor, TraceID: a.TraceID,
	}
	if a.Amount < 0 {
		p.Kind, p.Amount = PostingAdjustmentDebit, -a.Amount
	}
	if b.Status == AccountClosed {
		return Posting{}, ErrAccountClosed
	}
	if p.Kind == PostingAdjustmentDebit && !a.AllowNegative && b.Available < p.Amount {
		return Posting{}, fmt.Errorf("%w: %s %d of %d minor units", ErrInsufficientFunds, a.Currency, b.Available, p.Amount)
	}
	return p.On(b)
}

// Claim says which account an adjustment is for, so that its id is found again when it returns for another one.
type Claim struct {
	// Account is the key of the chain of the account.
	Account string `json:"account"`
}

// claimStripes is how many chains share the claims, so that replicas seldom compete for one. Changing it would send known
// ids to other chains.
const claimStripes = 8

// ClaimKey is the key of the chain in which the id of an adjustment is claimed, whoever it is for.
func ClaimKey(adjustmentID string) string {
	h := fnv.New32a()
	h.Write([]byte(adjustmentID))
	return fmt.Sprintf("adjustment/%02d", h.Sum32()%claimStripes)
}
