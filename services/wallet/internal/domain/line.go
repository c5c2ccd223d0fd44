package domain

// Line is what one entry of a chain of the ledger carries: exactly one of its parts is set. Lines are never changed after
// they are made.
type Line struct {
	// Posting is set in the chain of a person's account.
	Posting *Posting `json:"posting,omitempty"`
	// Budget is set in the chain of a budget stripe.
	Budget *BudgetLine `json:"budget,omitempty"`
	// Program is set in the chain of a programme.
	Program *Program `json:"program,omitempty"`
	// Claim is set in the chains of the ids of adjustments.
	Claim *Claim `json:"claim,omitempty"`
}
