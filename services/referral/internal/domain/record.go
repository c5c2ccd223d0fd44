package domain

import "time"

// Record applies an event at the time now, and reports whether it had been applied before, in which case nothing changes
// (R3). An event that proves a later stage implies the skipped ones. It refuses an id that returns with another type or
// time (EVENT_ID_REUSED), one event too many (TOO_MANY_EVENTS), an event from long before the referral
// (EVENT_BEFORE_REFERRAL) and an event that would move the referral but occurred or arrived too late (EVENT_TOO_LATE, R4).
func (r *Referral) Record(e Event, t Terms, now time.Time) (orders []Order, replayed bool, err error) {
	ref := e.ref()
	if seen, err := r.seen(ref); seen || err != nil {
		return nil, seen, err
	}
	if e.OccurredAt.IsZero() {
		e.OccurredAt = now
	}
	if err := r.admit(e, t, now); err != nil {
		return nil, false, err
	}
	r.Events = append(r.Events, ref)
	if proved := e.Type.proves(); proved.rank() > r.Status.rank() && r.Status != Expired {
		return r.advance(proved, e, t, now), false, nil
	}
	r.step(Step{EventID: e.ID, Cause: e.cause(), OccurredAt: e.OccurredAt, RecordedAt: now})
	if e.Type == Refund && r.Status != Expired {
		return r.reverse(Mark{Reason: ReasonRefund, By: e.By, At: now}, t), false, nil
	}
	return nil, false, nil
}

func (r *Referral) seen(ref EventRef) (bool, error) {
	for i := range r.Events {
		if r.Events[i].ID != ref.ID {
			continue
		}
		if r.Events[i].Hash != ref.Hash {
			return false, refuse(Conflict, "EVENT_ID_REUSED",
				"event %s of referral %s was recorded with another type or time: use a new event_id for a new event", ref.ID, r.ID)
		}
		return true, nil
	}
	return false, nil
}

// admit refuses what may not be recorded. What is from long before the referral is none of its business, whatever it is.
// Late limits concern only events that would move the referral: a refund or a custom event of an old referral is still
// worth knowing.
func (r *Referral) admit(e Event, t Terms, now time.Time) error {
	if len(r.Events) >= MaxEvents {
		return refuse(Exhausted, "TOO_MANY_EVENTS", "referral %s has %d events, which is the limit: only replays are accepted", r.ID, MaxEvents)
	}
	if first := r.CreatedAt.Add(-MaxBefore); e.OccurredAt.Before(first) {
		return invalid("EVENT_BEFORE_REFERRAL", "occurred_at",
			"event %s occurred at %s, but events of referral %s may have occurred from %s on, which is %d hours before its creation: report only what the referee did since they were invited",
			e.ID, e.OccurredAt.Format(time.RFC3339), r.ID, first.Format(time.RFC3339), int(MaxBefore.Hours()))
	}
	if r.Status != Expired && e.Type.proves().rank() <= r.Status.rank() {
		return nil
	}
	if e.Type.proves() == Pending {
		return nil
	}
	deadline := r.ExpiresAt.Add(t.LateEventGrace)
	switch {
	case !e.OccurredAt.Before(r.ExpiresAt):
		return refuse(Precondition, "EVENT_TOO_LATE", "event %s occurred at %s, but referral %s expired at %s",
			e.ID, e.OccurredAt.Format(time.RFC3339), r.ID, r.ExpiresAt.Format(time.RFC3339))
	case !now.Before(deadline) || r.Status == Expired:
		return refuse(Precondition, "EVENT_TOO_LATE", "event %s arrived too late: events of referral %s were accepted until %s",
			e.ID, r.ID, deadline.Format(time.RFC3339))
	default:
		return nil
	}
}

// advance moves to the stage an event proves, through the stages it implies.
func (r *Referral) advance(to Status, e Event, t Terms, now time.Time) []Order {
	for _, stage := range stages[r.Status.rank():to.rank()] {
		r.Status = stage
		s := Step{EventID: e.ID, Cause: e.cause(), OccurredAt: e.OccurredAt, RecordedAt: now}
		if stage != to {
			s.Cause, s.Inferred = CauseInferred, true
		}
		r.step(s)
	}
	orders := r.fire(t)
	if to != Qualified {
		return orders
	}
	r.QualifiedAt = e.OccurredAt
	if r.QualifiedAt.Before(r.CreatedAt) {
		r.QualifiedAt = r.CreatedAt
	}
	if due := r.QualifiedAt.Add(t.QualificationWindow); due.After(now) && t.QualificationWindow > 0 {
		return append(orders, completeOrder(r, due))
	}
	return append(orders, r.Complete(t, now)...)
}
