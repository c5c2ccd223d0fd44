package domain

import (
	"errors"
	"fmt"
	"strings"
)

// StatusChange is the command to freeze, unfreeze or close an account.
type StatusChange struct {
	// User owns the account.
	User string
	// Currency is an ISO 4217 code in capitals.
	Currency string
	// To is the state that the account shall have.
	To AccountStatus
	// Reason is why.
	Reason string
	// Actor is the subject of whoever asked for it.
	Actor string
	// TraceID is the trace of the request.
	TraceID string
}

var (
	// ErrAccountNotEmpty says that an account cannot be closed because money is left in it.
	ErrAccountNotEmpty = errors.New("the account is not empty")
	// ErrStatusUnchanged says that the account is in the wanted state already.
	ErrStatusUnchanged = errors.New("the account is in that state already")
)

// CommandID returns the id of the command when the account had the given number of postings. Racers that saw the same
// account share the id, so one of them changes it and the others find it done.
func (c StatusChange) CommandID(postings int64) string {
	verb := "unfreeze"
	switch c.To {
	case AccountFrozen:
		verb = "freeze"
	case AccountClosed:
		verb = "close"
	case AccountActive:
	}
	return fmt.Sprintf("%s/%d", verb, postings)
}

// ChangeStatus returns the posting that brings an account with balances b into another state. It fails with
// ErrStatusUnchanged, with ErrAccountClosed, because closing is final, and with ErrAccountNotEmpty, which tells what is left.
func ChangeStatus(b Balances, c StatusChange, commandID string) (Posting, error) {
	p := Posting{
		Kind: PostingAccountUnfrozen, CommandID: commandID, User: c.User, Currency: c.Currency,
		Reason: c.Reason, Actor: c.Actor, TraceID: c.TraceID,
	}
	switch {
	case b.Status == c.To:
		return Posting{}, ErrStatusUnchanged
	case b.Status == AccountClosed:
		return Posting{}, ErrAccountClosed
	case c.To == AccountFrozen:
		p.Kind = PostingAccountFrozen
	case c.To == AccountClosed:
		p.Kind = PostingAccountClosed
		if left := b.left(c.Currency); left != "" {
			return Posting{}, fmt.Errorf("%w: %s", ErrAccountNotEmpty, left)
		}
	}
	return p.On(b)
}

// left names the parts of an account that are not zero.
func (b Balances) left(currency string) string {
	var parts []string
	for _, part := range []struct {
		name   string
		amount int64
	}{{"held", b.Held}, {"available", b.Available}, {"on the way to payouts", b.Pending}, {"owed", b.Owed}} {
		if part.amount != 0 {
			parts = append(parts, Money(part.amount, currency)+" "+part.name)
		}
	}
	return strings.Join(parts, ", ")
}
