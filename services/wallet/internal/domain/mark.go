package domain

// step is one thing that happened to a reward or a redemption. Two documents tell of it: a posting, and its counterpart,
// a budget line or the document of the redemption.
type step uint8

const (
	stepHold step = iota
	stepPay
	stepRelease
	stepCancel
	stepReverse
	stepRefuse
	stepRequested
	stepPaidOut
	stepFailed
	stepWithdrawn
	steps
)

// what says of a step what it did, for findings.
var what = [steps]string{
	"held reward", "reward without hold", "release", "cancelled hold", "reversal", "refusal", "request", "payout", "failure",
	"cancellation",
}

// pot is what marks are compared within: the budget of a programme, or the redemptions of a currency, whose programme is
// empty.
type pot struct{ program, currency string }

// name returns the account of the pot.
func (p pot) name() string {
	if p.program == "" {
		return "redemptions/" + p.currency
	}
	return BudgetAccount(p.program) + "/" + p.currency
}

// mark is what both documents of a step must say alike.
type mark struct {
	pot
	step step
	// id of the reward or the redemption.
	id     string
	user   string
	amount int64
}

// postingSteps are the steps of the kinds of postings that have a counterpart.
var postingSteps = map[PostingKind]step{
	PostingRewardHeld: stepHold, PostingRewardAvailable: stepPay, PostingRelease: stepRelease,
	PostingHoldReversal: stepCancel, PostingReversal: stepReverse, PostingRewardRefused: stepRefuse,
	PostingRedemptionRequested: stepRequested, PostingRedemptionPaid: stepPaidOut, PostingRedemptionFailed: stepFailed,
	PostingRedemptionCancelled: stepWithdrawn,
}

// mark returns what a posting says; false for one that needs no counterpart.
func (p *Posting) mark() (mark, bool) {
	s, ok := postingSteps[p.Kind]
	if !ok {
		return mark{}, false
	}
	m := mark{pot{p.ProgramID, p.Currency}, s, p.RewardID, p.User, p.Amount}
	if s >= stepRequested {
		m.program, m.id = "", p.RedemptionID
	}
	return m, true
}

// marks calls visit with what a budget line says. Taken tells that the line takes back what an earlier one said.
func (l *BudgetLine) marks(visit func(m mark, taken bool)) {
	m := mark{pot: pot{l.ProgramID, l.Currency}, id: l.RewardID, user: l.Beneficiary, amount: l.Amount}
	switch l.Kind {
	case BudgetReserve:
		m.step = stepHold
	case BudgetSpend:
		m.step = stepPay
	case BudgetSettle:
		m.step = stepRelease
	case BudgetCancel:
		m.step = stepCancel
	case BudgetGiveBack:
		m.step = stepReverse
	default:
		return
	}
	visit(m, false)
}
