package domain

import (
	"fmt"
	"regexp"
	"strings"
)

// ReleaseID returns the id of the command that releases a reward.
func ReleaseID(rewardID string) string { return "release/" + rewardID }

// ReverseID returns the id of the command that takes a reward back.
func ReverseID(rewardID string) string { return "reverse/" + rewardID }

// programOf returns the programme that the id of a reward names.
func programOf(rewardID string) (string, bool) {
	parts := strings.Split(rewardID, "/")
	if len(parts) < 2 || (parts[0] != "reward" && parts[0] != "bonus") {
		return "", false
	}
	return parts[1], word.MatchString(parts[1])
}

// BudgetKeyOf returns the key of the stripe that counts the reward of a settlement; false for an id that cannot be one.
func BudgetKeyOf(s Settlement) (string, bool) {
	programID, ok := programOf(s.RewardID)
	return BudgetKey(programID, s.Currency, s.RewardID), ok
}

// word is what stands between the slashes of an id.
var word = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:|=+-]{0,63}$`)

// checkRewardID makes sure that the id of a reward says what its fields say. The id decides which budget stripe meets the
// command, so an id that lies about its programme could be used twice.
func checkRewardID(r Reward) error {
	want := fmt.Sprintf("reward/%s/%s/<trigger>/%s", r.ProgramID, r.ReferralID, r.Side)
	if r.Kind == KindTierBonus {
		want = fmt.Sprintf("bonus/%s/%s/<tier>", r.ProgramID, r.Beneficiary)
	}
	got, expected := strings.Split(r.ID, "/"), strings.Split(want, "/")
	if len(got) != len(expected) {
		return &FieldError{Field: "command_id", Problem: "must be " + want}
	}
	for i, part := range expected {
		if free := strings.HasPrefix(part, "<"); (free && !word.MatchString(got[i])) || (!free && part != got[i]) {
			return &FieldError{Field: "command_id", Problem: "must be " + want}
		}
	}
	return nil
}
