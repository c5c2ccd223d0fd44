package domain

import "time"

// Decision is what a person decided about a referral; empty while nobody has.
type Decision string

// The decisions.
const (
	Approve Decision = "APPROVE"
	Reject  Decision = "REJECT"
)

// Verdict is a decision with its reason and its author.
type Verdict struct {
	Decision Decision
	Reason   string
	By       string
}

// Assessed applies fraud's late answer. It changes nothing once rewards were cleared, held or blocked, or a person
// decided.
func (r *Referral) Assessed(b Band, t Terms, now time.Time) []Order {
	if r.Review != Unassessed {
		return nil
	}
	r.Review = b.review()
	r.step(Step{Cause: CauseAssessed, OccurredAt: now, RecordedAt: now})
	return r.fire(t)
}

// Decide applies a person's decision and reports whether it changed anything: the same decision again does not. The
// opposite one is refused with REVIEW_DECIDED. Approving pays what waited; rejecting takes back what was paid, for fraud.
func (r *Referral) Decide(v Verdict, t Terms, now time.Time) (orders []Order, changed bool, err error) {
	if r.Decision == v.Decision {
		return nil, false, nil
	}
	if r.Decision != "" {
		return nil, false, refuse(Precondition, "REVIEW_DECIDED",
			"referral %s was already decided with %s: a decision stands", r.ID, r.Decision)
	}
	r.Decision = v.Decision
	r.step(Step{Cause: CauseReviewed, OccurredAt: now, RecordedAt: now})
	if v.Decision == Approve {
		r.Review = Cleared
		return r.fire(t), true, nil
	}
	r.Review = Blocked
	r.Rejected = &Mark{Reason: v.Reason, By: v.By, At: now}
	if r.Fired == 0 {
		return nil, true, nil
	}
	return r.reverse(Mark{Reason: ReasonFraud, By: v.By, At: now}, t), true, nil
}
