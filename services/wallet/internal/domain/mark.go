package domain

import "strings"

// step is one thing that happened to a reward or a redemption. Two documents tell of it: a posting, and its counterpart,
// a budget line, the document of the redemption, or the claim of the id.
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
	stepAdjust
	steps
)

// what says of a step what it did, for findings.
var what = [steps]string{
	"held reward", "reward without hold", "release", "cancelled hold", "reversal", "refusal", "request", "payout", "failure",
	"cancellation", "adjustment",
}

// pot is what marks are compared within: the budget of a programme; without a programme, the redemptions and adjustments of
// a currency.
type pot struct{ program, currency string }

// name returns the account of a programme's budget.
func (p pot) name() string { return BudgetAccount(p.program) + "/" + p.currency }

// mark is what both documents of a step must say alike.
type mark struct {
	pot
	step step
	// id of the reward, the redemption or the adjustment.
	id     string
	user   string
	amount int64
}

// postingSteps are the steps of the kinds of postings that have a counterpart.
var postingSteps = map[PostingKind]step{
	PostingRewardHeld: stepHold, PostingRewardAvailable: stepPay, PostingRelease: stepRelease,
	PostingHoldReversal: stepCancel, PostingReversal: stepReverse, PostingRewardRefused: stepRefuse,
	PostingRedemptionRequested: stepRequested, PostingRedemptionPaid: stepPaidOut, PostingRedemptionFailed: stepFailed,
	PostingRedemptionCancelled: stepWithdrawn, PostingAdjustmentCredit: stepAdjust, PostingAdjustmentDebit: stepAdjust,
}

// mark returns what a posting says; false for one that needs no counterpart.
func (p *Posting) mark() (mark, bool) {
	s, ok := postingSteps[p.Kind]
	if !ok {
		return mark{}, false
	}
	m := mark{pot{p.ProgramID, p.Currency}, s, p.RewardID, p.User, p.Amount}
	switch {
	case s == stepAdjust: // a claim does not tell the amount
		m.program, m.id, m.amount = "", p.CommandID, 0
	case s >= stepRequested:
		m.program, m.id = "", p.RedemptionID
	case s == stepRefuse:
		m.amount = 0
	}
	return m, true
}

// lineSteps are the steps of the kinds of budget lines that are about a reward.
var lineSteps = map[BudgetKind]step{
	BudgetReserve: stepHold, BudgetSpend: stepPay, BudgetSettle: stepRelease, BudgetCancel: stepCancel,
	BudgetGiveBack: stepReverse,
}

// marks calls visit with what a budget line says. Taken tells that the line takes back what an earlier one said.
func (l *BudgetLine) marks(visit func(m mark, taken bool)) {
	m := mark{pot: pot{l.ProgramID, l.Currency}, id: l.RewardID, user: l.Beneficiary, amount: l.Amount}
	switch l.Kind {
	case BudgetRefuseHeld:
		m.step = stepHold
	case BudgetRefuseSpent:
		m.step = stepPay
	default:
		s, ok := lineSteps[l.Kind]
		if m.step = s; ok {
			visit(m, false)
		}
		return
	}
	visit(m, true)
	m.step, m.amount = stepRefuse, 0
	visit(m, false)
}

// mark returns what the claim of an adjustment's id says, by the command that made it.
func (c *Claim) mark(commandID string) mark {
	account := Entry{Key: c.Account}
	return mark{pot{"", account.currency()}, stepAdjust, commandID, account.user(), 0}
}

// user returns the owner of the account that e is in.
func (e Entry) user() string {
	parts := strings.Split(e.Key, "/")
	if parts[0] != "user" || len(parts) != 3 {
		return ""
	}
	return parts[1]
}
