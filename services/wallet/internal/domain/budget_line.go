package domain

import "time"

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
	// BudgetCancel returns a reserved reward whose hold was cancelled.
	BudgetCancel BudgetKind = "CANCEL"
	// BudgetGiveBack returns a spent reward that was taken back.
	BudgetGiveBack BudgetKind = "GIVE_BACK"
	// BudgetRefuseHeld and BudgetRefuseSpent return a reserved or spent reward that was counted and never posted, because its
	// account refused it for good.
	BudgetRefuseHeld  BudgetKind = "REFUSE_HELD"
	BudgetRefuseSpent BudgetKind = "REFUSE_SPENT"
	// BudgetVoid takes the place of a reward that was reversed while it waited for budget. It counts nothing.
	BudgetVoid BudgetKind = "VOID"
	// BudgetRules puts the stripe under new rules. It counts nothing.
	BudgetRules BudgetKind = "RULES"
	// BudgetReturn gives up the stripe's allotment and asks for another, BudgetReceive takes it. They count nothing.
	BudgetReturn  BudgetKind = "RETURN"
	BudgetReceive BudgetKind = "RECEIVE"
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
	// Quota is what the stripe may give under the rules of its programme; nil when none were set. It is never changed after
	// it was made.
	Quota *Quota `json:"quota,omitempty"`
}

// Count returns the line that counts r at a moment, after head, the last line of the stripe; the zero line for none. The
// programme has no rules.
func Count(head BudgetLine, r Reward, at time.Time) (BudgetLine, error) {
	return CountUnder(head, r, 0, at)
}

// CountUnder is Count under a version of the programme's rules. It fails with ErrRulesChanged when the stripe is under
// another one, and with ErrQuotaShort when its allotment does not cover r.
func CountUnder(head BudgetLine, r Reward, version int64, at time.Time) (BudgetLine, error) {
	quota, at, err := head.Quota.spend(version, r.Amount, at)
	if err != nil {
		return BudgetLine{}, err
	}
	head.Quota = quota
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

// Void returns the line that takes the place of a reward which waits for budget.
func Void(head BudgetLine, s Settlement) (BudgetLine, error) {
	programID, _ := programOf(s.RewardID)
	l := BudgetLine{
		Kind: BudgetVoid, RewardID: s.RewardID, ProgramID: programID, Currency: s.Currency, Beneficiary: s.Beneficiary,
	}
	return l.on(head)
}

// Refused returns the line that returns the reward which l counted and whose account refused it.
func (l BudgetLine) Refused(head BudgetLine) (BudgetLine, error) {
	if l.Kind == BudgetReserve {
		return l.Counted(BudgetRefuseHeld, head)
	}
	return l.Counted(BudgetRefuseSpent, head)
}

// Gives returns what l adds to what its stripe gave; negative when it takes back.
func (l BudgetLine) Gives() int64 {
	switch l.Kind {
	case BudgetReserve, BudgetSpend:
		return l.Amount
	case BudgetCancel, BudgetGiveBack, BudgetRefuseHeld, BudgetRefuseSpent:
		return -l.Amount
	case BudgetSettle, BudgetVoid, BudgetRules, BudgetReturn, BudgetReceive:
	}
	return 0
}

// on completes l with the sums after it, and with the quota of head.
func (l BudgetLine) on(head BudgetLine) (_ BudgetLine, err error) {
	l.Quota = head.Quota
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
	case BudgetCancel, BudgetRefuseHeld:
		reserved, err = Sub(reserved, l.Amount)
	case BudgetGiveBack, BudgetRefuseSpent:
		spent, err = Sub(spent, l.Amount)
	case BudgetVoid, BudgetRules, BudgetReturn, BudgetReceive:
	}
	return spent, reserved, err
}
