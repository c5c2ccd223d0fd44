package demo

import "fmt"

// mustBe is how a referral must look at its ending.
type mustBe struct {
	status, review     string
	reversed, rejected bool
}

func (e ending) mustBe() mustBe {
	switch e {
	case pending:
		return mustBe{status: "PENDING", review: "CLEARED"}
	case registered:
		return mustBe{status: "REGISTERED", review: "CLEARED"}
	case active:
		return mustBe{status: "ACTIVE", review: "CLEARED"}
	case refunded:
		return mustBe{status: "COMPLETED", review: "CLEARED", reversed: true}
	case rejected:
		return mustBe{status: "COMPLETED", review: "BLOCKED", rejected: true}
	case completed, approved:
	}
	return mustBe{status: "COMPLETED", review: "CLEARED"}
}

func statusesRight(people *cast, after snapshot) claim {
	c := claim{text: fmt.Sprintf("all %d referrals are where their events led them", len(people.journeys))}
	for _, j := range people.journeys {
		got, ok := after.referrals[j.id]
		if !ok {
			c.fault("that of %s is not listed", j.referee.name)
			continue
		}
		is := mustBe{word(got.Status), word(got.Review), got.Reversed != nil, got.Rejected != nil}
		if must := j.ending.mustBe(); is != must || got.ReferrerID != j.referrer.id || got.RefereeID != j.referee.id {
			c.fault("that of %s by %s is %+v, and must be %+v", j.referee.name, people.name(got.ReferrerID), is, must)
		}
	}
	if len(after.referrals) != len(people.journeys) {
		c.fault("%d are listed", len(after.referrals))
	}
	return c
}

// reviewsRight looks at the referrals over a shared device: held, unpaid while held, and paid only when approved.
func reviewsRight(s *story, after snapshot) claim {
	c := claim{text: "what a shared device held was not paid before the decision, and paid only when approved"}
	doubtful := s.cast.with(approved, rejected)
	if s.seen.held != len(doubtful) || s.seen.unpaid != len(doubtful) {
		c.fault("%d of %d were held, %d unpaid", s.seen.held, len(doubtful), s.seen.unpaid)
	}
	for _, j := range doubtful {
		paid := 0
		for _, p := range []person{j.referrer, j.referee} {
			for _, got := range after.postings[p.id] {
				if got.ReferralID == j.id {
					paid++
				}
			}
		}
		if must := map[ending]int{approved: 2}[j.ending]; paid != must {
			c.fault("%s's referral has %d postings, and must have %d", j.referee.name, paid, must)
		}
	}
	return c
}

func refusalsRight(people *cast, seen observed, after snapshot) claim {
	c := claim{text: "referring oneself and reusing an event's id were refused, and left nothing behind"}
	if seen.selfReferral != "SELF_REFERRAL" {
		c.fault("referring oneself was answered with %s", orNothing(seen.selfReferral))
	}
	if seen.reusedEvent != "EVENT_ID_REUSED" {
		c.fault("the reused id was answered with %s", orNothing(seen.reusedEvent))
	}
	for _, got := range after.referrals {
		if got.ReferrerID == got.RefereeID {
			c.fault("%s is referred by themselves", people.name(got.RefereeID))
		}
	}
	return c
}
