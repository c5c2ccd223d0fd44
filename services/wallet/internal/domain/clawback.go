package domain

import "errors"

// Clawback says what the reversal of a reward does that is not held any more.
type Clawback string

// The clawback policies of programmes.
const (
	// ClawbackBlock refuses the reversal.
	ClawbackBlock Clawback = "BLOCK"
	// ClawbackNetFromFuture takes what the balance covers and the rest from later credits.
	ClawbackNetFromFuture Clawback = "NET_FROM_FUTURE"
	// ClawbackAllowNegative takes all; the balance may become negative. It is the default.
	ClawbackAllowNegative Clawback = "ALLOW_NEGATIVE"
)

var (
	// ErrClawbackBlocked says that a programme lets nobody take back what was released.
	ErrClawbackBlocked = errors.New("the programme's clawback policy is BLOCK: what was released stays")
	// ErrAccountClosed says that an account takes nothing any more.
	ErrAccountClosed = errors.New("the account is closed")
)

// Debit returns the posting that takes a reward back that is not held any more, as the policy says. It fails with
// ErrClawbackBlocked.
func Debit(b Balances, reward Posting, s Settlement, policy Clawback) (Posting, error) {
	p := reward.settledBy(PostingReversal, s)
	switch policy {
	case ClawbackBlock:
		return Posting{}, ErrClawbackBlocked
	case ClawbackNetFromFuture:
		p.OwedPart = p.Amount - min(p.Amount, max(b.Available, 0))
	case ClawbackAllowNegative:
	}
	return p.On(b)
}
