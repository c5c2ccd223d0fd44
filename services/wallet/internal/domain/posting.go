package domain

import "time"

// PostingKind says what a posting did.
type PostingKind string

// The kinds of postings.
const (
	// PostingRewardHeld credits a reward that is held: budget to held.
	PostingRewardHeld PostingKind = "REWARD_HELD"
	// PostingRewardAvailable credits a reward without hold: budget to available.
	PostingRewardAvailable PostingKind = "REWARD_AVAILABLE"
	// PostingRelease ends a hold: held to available.
	PostingRelease PostingKind = "RELEASE"
	// PostingHoldReversal cancels a hold: held to budget.
	PostingHoldReversal PostingKind = "HOLD_REVERSAL"
	// PostingReversal takes an available reward back: available to budget.
	PostingReversal PostingKind = "REVERSAL"
)

// Balances is the state of a person's account in one currency, in minor units. The zero value is an account without
// postings.
type Balances struct {
	// Held may still be cancelled.
	Held int64 `json:"held"`
	// Available is the person's to use; negative after a reversal of what was used.
	Available int64 `json:"available"`
	// Earned is everything ever credited less everything taken back.
	Earned int64 `json:"earned"`
}

// Posting is one step of a person's account: an amount from a source to a destination, and the balances after it.
type Posting struct {
	Kind PostingKind `json:"kind"`
	// CommandID is the command that caused the posting.
	CommandID string `json:"command"`
	// RewardID is the reward that the posting is or settles.
	RewardID string `json:"reward"`
	// User owns the account.
	User string `json:"user"`
	// Amount moved, in minor units of Currency; always positive.
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	// Source and Destination are accounts of the chart.
	Source      string `json:"source"`
	Destination string `json:"destination"`
	// ProgramID and ProgramVersion name the terms that set the amount.
	ProgramID      string `json:"program"`
	ProgramVersion int64  `json:"program_version,omitempty"`
	// ReferralID is the referral that earned the reward.
	ReferralID string     `json:"referral"`
	Side       Side       `json:"side"`
	RewardKind RewardKind `json:"reward_kind"`
	// Tier set the amount; empty when none applies.
	Tier string `json:"tier,omitempty"`
	// Reason of a reversal.
	Reason string `json:"reason,omitempty"`
	// ReleaseAt is when the hold of a held reward ends.
	ReleaseAt time.Time `json:"release_at,omitempty,omitzero"`
	// After are the balances after the posting.
	After Balances `json:"after"`
}

// Credit returns the posting that pays r into an account with balances b at the given time.
func Credit(b Balances, r Reward, at time.Time) (Posting, error) {
	p := Posting{
		Kind: PostingRewardAvailable, CommandID: r.ID, RewardID: r.ID, User: r.Beneficiary,
		Amount: r.Amount, Currency: r.Currency,
		ProgramID: r.ProgramID, ProgramVersion: r.ProgramVersion, ReferralID: r.ReferralID,
		Side: r.Side, RewardKind: r.Kind, Tier: r.Tier,
	}
	if r.Hold > 0 {
		p.Kind = PostingRewardHeld
		p.ReleaseAt = at.Add(r.Hold).UTC().Truncate(time.Millisecond)
	}
	return p.on(b)
}

// Release returns the posting that makes a held reward available.
func Release(b Balances, reward Posting, s Settlement) (Posting, error) {
	return reward.settledBy(PostingRelease, s).on(b)
}

// CancelHold returns the posting that cancels a held reward.
func CancelHold(b Balances, reward Posting, s Settlement) (Posting, error) {
	return reward.settledBy(PostingHoldReversal, s).on(b)
}

// Debit returns the posting that takes an available reward back. The available balance may become negative.
func Debit(b Balances, reward Posting, s Settlement) (Posting, error) {
	return reward.settledBy(PostingReversal, s).on(b)
}

// settledBy returns p, a reward, as the posting of another kind that settles it.
func (p Posting) settledBy(kind PostingKind, s Settlement) Posting {
	p.Kind, p.CommandID, p.Reason, p.ReleaseAt = kind, s.ID, s.Reason, time.Time{}
	return p
}

// on completes p with the accounts it moves money between and the balances after it.
func (p Posting) on(b Balances) (Posting, error) {
	p.Source, p.Destination = p.accounts()
	after, err := b.after(p)
	p.After = after
	return p, err
}

// accounts returns the source and the destination that the kind of p prescribes.
func (p Posting) accounts() (source, destination string) {
	budget, held, available := BudgetAccount(p.ProgramID), HeldAccount(p.User), AvailableAccount(p.User)
	switch p.Kind {
	case PostingRewardHeld:
		return budget, held
	case PostingRewardAvailable:
		return budget, available
	case PostingRelease:
		return held, available
	case PostingHoldReversal:
		return held, budget
	case PostingReversal:
		return available, budget
	default:
		return "", ""
	}
}

// after returns b moved by the accounts that p names, whatever its kind says.
func (b Balances) after(p Posting) (Balances, error) {
	b, err := b.move(p.Source, p.User, -p.Amount)
	if err != nil {
		return Balances{}, err
	}
	return b.move(p.Destination, p.User, p.Amount)
}

// move adds an amount to the part of b that an account of the chart names. What a budget loses is what the person earns.
func (b Balances) move(account, user string, amount int64) (_ Balances, err error) {
	switch account {
	case HeldAccount(user):
		b.Held, err = Add(b.Held, amount)
	case AvailableAccount(user):
		b.Available, err = Add(b.Available, amount)
	default:
		b.Earned, err = Sub(b.Earned, amount)
	}
	return b, err
}
