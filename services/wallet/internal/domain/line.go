package domain

// Line is what one entry of a chain of the ledger carries: exactly one of its parts is set. Lines are never changed after
// they are made.
type Line struct {
	// Posting is set in the chain of a person's account.
	Posting *Posting `json:"posting,omitempty"`
	// Budget is set in the chain of a budget stripe.
	Budget *BudgetLine `json:"budget,omitempty"`
	// Program is set in the one entry of a programme's chain.
	Program *Program `json:"program,omitempty"`
}

// Program fixes what all rewards of a programme have in common.
type Program struct {
	// Currency of every reward of the programme.
	Currency string `json:"currency"`
}

// BudgetKind says what a budget line did.
type BudgetKind string

// The kinds of budget lines.
const (
	// BudgetSpend counts a reward against the budget.
	BudgetSpend BudgetKind = "SPEND"
	// BudgetGiveBack returns a reversed reward to the stripe that it was counted in.
	BudgetGiveBack BudgetKind = "GIVE_BACK"
)

// BudgetLine is one step of a budget stripe.
type BudgetLine struct {
	Kind BudgetKind `json:"kind"`
	// RewardID is the reward that is counted or returned.
	RewardID string `json:"reward"`
	// ProgramID and Currency name the budget.
	ProgramID string `json:"program"`
	Currency  string `json:"currency"`
	// Beneficiary is who the reward is for.
	Beneficiary string `json:"user"`
	// Amount in minor units, always positive.
	Amount int64 `json:"amount"`
	// SpentAfter is what the stripe has given, net of what came back, after this line.
	SpentAfter int64 `json:"spent_after"`
}

// Spend returns the line that counts r against a stripe that has given spent so far.
func Spend(spent int64, r Reward) (BudgetLine, error) {
	after, err := Add(spent, r.Amount)
	return BudgetLine{
		Kind: BudgetSpend, RewardID: r.ID, ProgramID: r.ProgramID, Currency: r.Currency,
		Beneficiary: r.Beneficiary, Amount: r.Amount, SpentAfter: after,
	}, err
}

// GiveBack returns the line that returns the amount of a reward to a stripe that has given spent so far.
func GiveBack(spent int64, reward Posting) (BudgetLine, error) {
	after, err := Sub(spent, reward.Amount)
	return BudgetLine{
		Kind: BudgetGiveBack, RewardID: reward.RewardID, ProgramID: reward.ProgramID, Currency: reward.Currency,
		Beneficiary: reward.User, Amount: reward.Amount, SpentAfter: after,
	}, err
}
