package demo

import (
	"cmp"
	"slices"
)

const currency = "INR"

// refereeReward is what the programme pays the referee at completion: ₹50.
const refereeReward int64 = 5000

// rung is one tier of the default ladder, in minor units.
type rung struct {
	name                     string
	threshold, reward, bonus int64
}

// ladder is the default ladder, written down a second time so that the demo does not believe the suite about it.
var ladder = []rung{
	{"STARTER", 0, 5000, 0},
	{"PRO", 5, 10000, 20000},
	{"ELITE", 10, 15000, 50000},
	{"CHAMPION", 20, 20000, 100000},
	{"LEGEND", 50, 30000, 250000},
}

// rungAt returns the tier held with so many completed referrals; thresholds are inclusive.
func rungAt(completed int64) rung {
	held := ladder[0]
	for _, r := range ladder {
		if completed >= r.threshold {
			held = r
		}
	}
	return held
}

// payment is one reward that must have been issued once.
type payment struct {
	beneficiary string
	amount      int64
}

// standing is what must be true of one referrer.
type standing struct {
	completed int64
	tier      string
}

// expectation is what the rules say the story must have led to, computed from the cast alone.
type expectation struct {
	// payments by the id of their command.
	payments map[string]payment
	// reversed are the ids of the payments taken back.
	reversed map[string]bool
	// balances by person; everybody has one.
	balances  map[string]int64
	standings map[string]standing
	board     []row
}

// expect follows the journeys in their order: the referral that crosses a threshold is paid at the tier held before it,
// the bonus of a tier is paid on reaching it, and a refund takes back both rewards and the count, but not the tier.
func expect(program string, c *cast) expectation {
	e := expectation{
		payments: map[string]payment{}, reversed: map[string]bool{}, balances: map[string]int64{},
		standings: map[string]standing{},
	}
	for _, p := range c.people() {
		e.balances[p.id] = 0
	}
	for _, p := range c.referrers {
		e.standings[p.id] = standing{tier: ladder[0].name}
	}
	for _, j := range c.journeys {
		if j.pays() {
			e.complete(program, j)
		}
	}
	for _, j := range c.with(refunded) {
		e.refund(program, j)
	}
	e.rank()
	return e
}

func rewardID(program string, j *journey, side string) string {
	return "reward/" + program + "/" + j.id + "/completed/" + side
}

func (e *expectation) complete(program string, j *journey) {
	before := e.standings[j.referrer.id]
	held, reached := rungAt(before.completed), rungAt(before.completed+1)
	e.pay(rewardID(program, j, "REFERRER"), payment{j.referrer.id, held.reward})
	e.pay(rewardID(program, j, "REFEREE"), payment{j.referee.id, refereeReward})
	if reached.name != held.name {
		e.pay("bonus/"+program+"/"+j.referrer.id+"/"+reached.name, payment{j.referrer.id, reached.bonus})
	}
	e.standings[j.referrer.id] = standing{completed: before.completed + 1, tier: reached.name}
}

func (e *expectation) pay(id string, p payment) {
	e.payments[id] = p
	e.balances[p.beneficiary] += p.amount
}

func (e *expectation) refund(program string, j *journey) {
	for _, side := range []string{"REFERRER", "REFEREE"} {
		id := rewardID(program, j, side)
		e.reversed[id] = true
		e.balances[e.payments[id].beneficiary] -= e.payments[id].amount
	}
	now := e.standings[j.referrer.id]
	now.completed--
	e.standings[j.referrer.id] = now
}

// rank orders the referrers: highest score first, equal scores share a rank and skip the ones after it. The cast is made
// so that whoever reached a shared score first also has the lower id.
func (e *expectation) rank() {
	for id, s := range e.standings {
		if s.completed > 0 {
			e.board = append(e.board, row{UserID: id, Score: s.completed})
		}
	}
	slices.SortFunc(e.board, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.UserID, b.UserID))
	})
	for i := range e.board {
		e.board[i].Rank = int64(i) + 1
		if i > 0 && e.board[i].Score == e.board[i-1].Score {
			e.board[i].Rank = e.board[i-1].Rank
		}
	}
}
