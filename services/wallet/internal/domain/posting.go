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
	// PostingReversal takes an available reward back: available, and owed if the policy says so, to budget.
	PostingReversal PostingKind = "REVERSAL"
	// PostingAdjustmentCredit and PostingAdjustmentDebit correct the available balance by hand.
	PostingAdjustmentCredit PostingKind = "ADJUSTMENT_CREDIT"
	PostingAdjustmentDebit  PostingKind = "ADJUSTMENT_DEBIT"
	// PostingRedemptionRequested sets an amount aside for a payout: available to pending.
	PostingRedemptionRequested PostingKind = "REDEMPTION_REQUESTED"
	// PostingRedemptionPaid ends a payout that was made: pending to payout.
	PostingRedemptionPaid PostingKind = "REDEMPTION_PAID"
	// PostingRedemptionFailed and PostingRedemptionCancelled end one that was not: pending to available.
	PostingRedemptionFailed    PostingKind = "REDEMPTION_FAILED"
	PostingRedemptionCancelled PostingKind = "REDEMPTION_CANCELLED"
	// PostingAccountFrozen, PostingAccountUnfrozen and PostingAccountClosed change the account and move nothing.
	PostingAccountFrozen   PostingKind = "ACCOUNT_FROZEN"
	PostingAccountUnfrozen PostingKind = "ACCOUNT_UNFROZEN"
	PostingAccountClosed   PostingKind = "ACCOUNT_CLOSED"
	// PostingRewardRefused refuses a reward for good whose budget had been reserved. It moves nothing.
	PostingRewardRefused PostingKind = "REWARD_REFUSED"
)

// Posting is one step of a person's account: an amount from a source to a destination, and the balances after it.
type Posting struct {
	Kind PostingKind `json:"kind"`
	// CommandID is the command that caused the posting.
	CommandID string `json:"command"`
	// RewardID is the reward that the posting is or settles.
	RewardID string `json:"reward,omitempty"`
	// RedemptionID is the redemption that the posting is a step of.
	RedemptionID string `json:"redemption,omitempty"`
	// User owns the account.
	User string `json:"user"`
	// Amount moved, in minor units of Currency; positive, or zero for a kind that moves nothing.
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	// Source and Destination are accounts of the chart; empty for a kind that moves nothing.
	Source      string `json:"source,omitempty"`
	Destination string `json:"destination,omitempty"`
	// OwedPart is the part of Amount that went over the account owed: in a reversal it was put there instead of being taken
	// from available, in a credit it went on from available to pay off what was owed.
	OwedPart int64 `json:"owed_part,omitempty"`
	// ProgramID and ProgramVersion name the terms that set the amount.
	ProgramID      string `json:"program,omitempty"`
	ProgramVersion int64  `json:"program_version,omitempty"`
	// ReferralID is the referral that earned the reward.
	ReferralID string     `json:"referral,omitempty"`
	Side       Side       `json:"side,omitempty"`
	RewardKind RewardKind `json:"reward_kind,omitempty"`
	// Tier set the amount; empty when none applies.
	Tier string `json:"tier,omitempty"`
	// Provider pays a redemption out.
	Provider string `json:"provider,omitempty"`
	// Reason of a reversal, an adjustment, a failure or a change of the account.
	Reason string `json:"reason,omitempty"`
	// Actor is the subject of the administrator who caused the posting; empty otherwise.
	Actor string `json:"actor,omitempty"`
	// TraceID is the trace of the request that caused the posting, 32 hex digits; empty when there was none.
	TraceID string `json:"trace,omitempty"`
	// CountedAt is the moment that decides which periods of the limits for each referrer the reward belongs to; zero when
	// none applied, and then it is when the reward was posted.
	CountedAt time.Time `json:"counted_at,omitempty,omitzero"`
	// ReleaseAt is when the hold of a held reward ends.
	ReleaseAt time.Time `json:"release_at,omitempty,omitzero"`
	// After is the state of the account after the posting.
	After Balances `json:"after"`
}

// Credit returns the posting that pays r into an account with balances b at the given time.
func Credit(b Balances, r Reward, at time.Time) (Posting, error) {
	p := r.posting()
	if r.Hold > 0 {
		p.Kind = PostingRewardHeld
		p.ReleaseAt = at.Add(r.Hold).UTC().Truncate(time.Millisecond)
	}
	if b.Status == AccountClosed {
		return Posting{}, ErrAccountClosed
	}
	return p.On(b)
}

// posting returns the posting of a reward without hold.
func (r Reward) posting() Posting {
	return Posting{
		Kind: PostingRewardAvailable, CommandID: r.ID, RewardID: r.ID, User: r.Beneficiary,
		Amount: r.Amount, Currency: r.Currency,
		ProgramID: r.ProgramID, ProgramVersion: r.ProgramVersion, ReferralID: r.ReferralID,
		Side: r.Side, RewardKind: r.Kind, Tier: r.Tier, TraceID: r.TraceID,
	}
}

// Release returns the posting that makes a held reward available.
func Release(b Balances, reward Posting, s Settlement) (Posting, error) {
	return reward.settledBy(PostingRelease, s).On(b)
}

// CancelHold returns the posting that cancels a held reward.
func CancelHold(b Balances, reward Posting, s Settlement) (Posting, error) {
	return reward.settledBy(PostingHoldReversal, s).On(b)
}

// settledBy returns p, a reward, as the posting of another kind that settles it.
func (p Posting) settledBy(kind PostingKind, s Settlement) Posting {
	p.Kind, p.CommandID, p.Reason, p.ReleaseAt, p.OwedPart, p.TraceID = kind, s.ID, s.Reason, time.Time{}, 0, s.TraceID
	return p
}

// On completes p with the accounts it moves money between and the state of the account after it. What is credited to
// available pays off first what is owed. It fails with ErrAmountOverflow.
func (p Posting) On(b Balances) (Posting, error) {
	p.Source, p.Destination = p.accounts()
	if p.Destination == AvailableAccount(p.User) {
		available, err := Add(b.Available, p.Amount)
		if err != nil {
			return Posting{}, err
		}
		p.OwedPart = min(b.Owed, max(available, 0))
	}
	after, err := b.after(p)
	p.After = after
	return p, err
}

// accounts returns the source and the destination that the kind of p prescribes; none for a kind that moves nothing.
func (p Posting) accounts() (source, destination string) {
	budget, held, available := BudgetAccount(p.ProgramID), HeldAccount(p.User), AvailableAccount(p.User)
	pending := PendingAccount(p.User)
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
	case PostingAdjustmentCredit:
		return AdjustmentAccount, available
	case PostingAdjustmentDebit:
		return available, AdjustmentAccount
	case PostingRedemptionRequested:
		return available, pending
	case PostingRedemptionPaid:
		return pending, PayoutAccount(p.Provider)
	case PostingRedemptionFailed, PostingRedemptionCancelled:
		return pending, available
	case PostingAccountFrozen, PostingAccountUnfrozen, PostingAccountClosed, PostingRewardRefused:
		return "", ""
	default:
		return "", ""
	}
}
