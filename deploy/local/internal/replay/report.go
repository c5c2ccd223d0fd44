package replay

// Report is what a replay ends with. Its JSON form is the last thing that is printed.
type Report struct {
	// ReferralsCompleted counts the referrals of the file that are COMPLETED.
	ReferralsCompleted int64 `json:"referrals_completed"`
	// RewardsMinor is the sum of the referrers' rewards, in minor units.
	RewardsMinor int64 `json:"rewards_minor"`
	// RefereeRewardsMinor is the sum of the referees' rewards, in minor units.
	RefereeRewardsMinor int64 `json:"referee_rewards_minor"`
	// BonusesMinor is the sum of the tier bonuses, in minor units.
	BonusesMinor int64 `json:"bonuses_minor"`
	// Tiers counts the inviters by the tier they hold.
	Tiers map[string]int64 `json:"tiers"`
	// Postings counts the postings on people's accounts.
	Postings int64 `json:"postings"`
	// ZeroSum is true when the sum over all accounts is zero in every currency.
	ZeroSum bool `json:"zero_sum"`
	// ChainsVerified is true when every chain of every service was walked and is whole.
	ChainsVerified bool `json:"chains_verified"`
	// PendingCommands counts commands that are still to be delivered; parked ones are among them.
	PendingCommands int64 `json:"pending_commands"`
	// RepeatedRequests counts requests that were sent again because they were not answered.
	RepeatedRequests int64 `json:"repeated_requests"`
	// ElapsedSeconds runs from the first request until no command was pending.
	ElapsedSeconds float64 `json:"elapsed_s"`
	// ReferralsPerSecond is the number of invitations of the file by ElapsedSeconds.
	ReferralsPerSecond float64 `json:"referrals_per_s"`
	// PeakMemoryBytes is the most memory the process had from the operating system; with stores in memory it holds all
	// data of the suite.
	PeakMemoryBytes int64 `json:"peak_memory_bytes"`
}

// Sound reports whether the replay ended as it must: everything completed, delivered, balanced and whole.
func (r Report) Sound(invitations int) bool {
	return r.ReferralsCompleted == int64(invitations) && r.ZeroSum && r.ChainsVerified && r.PendingCommands == 0
}
