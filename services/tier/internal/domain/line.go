package domain

import (
	"fmt"
	"hash/fnv"
)

// Line is what one entry of a chain carries: exactly one of its parts is set. Lines are never changed after they are made.
type Line struct {
	// Step is set in the chain of a person.
	Step *Step `json:"step,omitempty"`
	// Claim is set in the chains that hold the claims of a programme.
	Claim *Claim `json:"claim,omitempty"`
}

// Claim says which person a completed referral counts for, so that it never counts for two.
type Claim struct {
	ReferralID string `json:"referral"`
	User       string `json:"user"`
}

// ClaimStripes is how many chains share the claims of one programme. A referral always meets the same one. Changing the
// number would send known referrals to other stripes.
const ClaimStripes = 16

// MemberPrefix is what the keys of all people of a programme begin with.
func MemberPrefix(programID string) string { return "tier/" + programID + "/" }

// MemberKey is the key of the chain of one person in one programme.
func MemberKey(programID, userID string) string { return MemberPrefix(programID) + userID }

// ClaimKey is the key of the chain that holds the claim of a completed referral.
func ClaimKey(programID, referralID string) string {
	h := fnv.New32a()
	h.Write([]byte(referralID))
	return fmt.Sprintf("completion/%s/%02d", programID, h.Sum32()%ClaimStripes)
}

// CompletionID is the id of the command that counts a referral.
func CompletionID(programID, referralID string) string {
	return "completion/" + programID + "/" + referralID
}

// ReversalID is the id of the command that takes a referral out of the count.
func ReversalID(programID, referralID string) string {
	return "reverse/" + CompletionID(programID, referralID)
}
