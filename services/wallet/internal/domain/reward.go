package domain

import "time"

// Side says whose reward it is.
type Side string

// The sides of a referral.
const (
	SideReferrer Side = "REFERRER"
	SideReferee  Side = "REFEREE"
)

// RewardKind says why a reward is paid.
type RewardKind string

// The kinds of rewards.
const (
	KindReferral  RewardKind = "REFERRAL"
	KindTierBonus RewardKind = "TIER_BONUS"
)

// MaxAmount is the largest amount of one reward, in minor units.
const MaxAmount = 1_000_000_000_000

// MaxHold is the longest hold.
const MaxHold = 365 * 24 * time.Hour

// Reward is the command to pay one reward.
type Reward struct {
	// ID is reward/<program>/<referral>/<trigger>/<side> or bonus/<program>/<user>/<tier>.
	ID string
	// ProgramID names the programme that pays.
	ProgramID string
	// ProgramVersion is the version of the programme whose terms set the amount.
	ProgramVersion int64
	// ReferralID names the referral that earned the reward.
	ReferralID string
	// Beneficiary is who is paid.
	Beneficiary string
	// Side is the side the beneficiary is on.
	Side Side
	// Kind says why the reward is paid.
	Kind RewardKind
	// Amount in minor units of Currency, 1 to MaxAmount.
	Amount int64
	// Currency is an ISO 4217 code in capitals.
	Currency string
	// Hold is how long the reward is held; zero makes it available at once.
	Hold time.Duration
	// Tier is the tier the referrer held; empty when none applies.
	Tier string
	// TraceID is the trace of the request, for the explanation of the posting. It does not belong to the command's contents.
	TraceID string
}

// FieldError says which field of a command is wrong and how.
type FieldError struct {
	Field   string
	Problem string
}

// Error names the field and the problem.
func (e *FieldError) Error() string { return e.Field + " " + e.Problem }

// Validate returns a *FieldError for a reward that can never be issued.
func (r Reward) Validate() error {
	switch {
	case r.Amount < 1 || r.Amount > MaxAmount:
		return &FieldError{Field: "amount_minor", Problem: "must be between 1 and 1,000,000,000,000 minor units"}
	case r.Hold < 0 || r.Hold > MaxHold:
		return &FieldError{Field: "hold_period", Problem: "must be between 0 and 365 days"}
	case len(r.Currency) != 3:
		return &FieldError{Field: "currency", Problem: "must be an ISO 4217 code such as INR"}
	default:
		return checkRewardID(r)
	}
}

// Settlement is the command to release a reward or to take it back.
type Settlement struct {
	// ID is release/<reward id> or reverse/<reward id>.
	ID string
	// RewardID is the command that issued the reward.
	RewardID string
	// Beneficiary is who was paid.
	Beneficiary string
	// Currency of the reward.
	Currency string
	// Reason of a reversal; empty for a release.
	Reason string
	// TraceID is the trace of the request, for the explanation of the posting. It does not belong to the command's contents.
	TraceID string
}

// ValidateRelease returns a *FieldError unless the command names the release of its reward.
func (s Settlement) ValidateRelease() error { return s.validate(ReleaseID(s.RewardID)) }

// ValidateReversal returns a *FieldError unless the command names the reversal of its reward.
func (s Settlement) ValidateReversal() error { return s.validate(ReverseID(s.RewardID)) }

func (s Settlement) validate(id string) error {
	if s.ID != id {
		return &FieldError{Field: "command_id", Problem: "must be " + id}
	}
	return nil
}
