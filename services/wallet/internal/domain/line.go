package domain

import "time"

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

// Program is the state of a programme's money.
type Program struct {
	// Currency of every reward of the programme.
	Currency string `json:"currency"`
}

// BudgetKind says what a budget line did.
type BudgetKind string

// The kinds of budget lines.
const (
	// BudgetReserve counts a held reward against the budget.
	BudgetReserve BudgetKind = "RESERVE"
	// BudgetSpend counts a reward without hold.
	BudgetSpend BudgetKind = "SPEND"
	// BudgetSettle turns what was reserved into what was spent, when the hold of the reward was released.
	BudgetSettle BudgetKind = "SETTLE"
	// BudgetCancel returns a reserved reward whose hold was cancelled, or that was refused.
	BudgetCancel BudgetKind = "CANCEL"
	// BudgetGiveBack returns a spent reward that was taken back, or that was refused.
	BudgetGiveBack BudgetKind = "GIVE_BACK"
)

// BudgetLine is one step of a budget stripe.
type BudgetLine struct {
	Kind BudgetKind `json:"kind"`
	// RewardID is the reward that the line is about.
	RewardID string `json:"reward,omitempty"`
	// ProgramID and Currency name the budget.
	ProgramID string `json:"program"`
	Currency  string `json:"currency"`
	// Beneficiary is who the reward is for.
	Beneficiary string `json:"user,omitempty"`
	// Amount of the reward in minor units, always positive in a line about one.
	Amount int64 `json:"amount,omitempty"`
	// CountedAt is the moment that decides which periods the reward belongs to.
	CountedAt time.Time `json:"counted_at,omitempty,omitzero"`
	// SpentAfter and ReservedAfter are what the stripe has paid and what it holds, net of what came back, after this line.
	SpentAfter    int64 `json:"spent_after"`
	ReservedAfter int64 `json:"reserved_after,omitempty"`
}

// Count returns the line that counts r at a moment, after head, the last line of the stripe; the zero line for none.
func Count(head BudgetLine, r Reward, at time.Time) (BudgetLine, error) {
	l := BudgetLine{
		Kind: BudgetSpend, RewardID: r.ID, ProgramID: r.ProgramID, Currency: r.Currency, Beneficiary: r.Beneficiary,
		Amount: r.Amount, CountedAt: at.UTC().Truncate(time.Millisecond),
	}
	if r.Hold > 0 {
		l.Kind = BudgetReserve
	}
	return l.on(head)
}

// Counted returns the line of another kind about the reward that l counted, after head.
func (l BudgetLine) Counted(kind BudgetKind, head BudgetLine) (BudgetLine, error) {
	l.Kind = kind
	return l.on(head)
}

// on completes l with the sums after it.
func (l BudgetLine) on(head BudgetLine) (_ BudgetLine, err error) {
	l.SpentAfter, l.ReservedAfter, err = l.sums(head.SpentAfter, head.ReservedAfter)
	return l, err
}

// sums returns what the stripe has spent and reserved after l.
func (l BudgetLine) sums(spent, reserved int64) (_, _ int64, err error) {
	switch l.Kind {
	case BudgetReserve:
		reserved, err = Add(reserved, l.Amount)
	case BudgetSpend:
		spent, err = Add(spent, l.Amount)
	case BudgetSettle:
		if reserved, err = Sub(reserved, l.Amount); err == nil {
			spent, err = Add(spent, l.Amount)
		}
	case BudgetCancel:
		reserved, err = Sub(reserved, l.Amount)
	case BudgetGiveBack:
		spent, err = Sub(spent, l.Amount)
	}
	return spent, reserved, err
}
