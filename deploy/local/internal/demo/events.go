package demo

import (
	"context"
	"fmt"
)

// event is one thing a referee does; the id is unique within the referral.
type event struct{ id, kind string }

var (
	signup   = event{"signup-1", "EVENT_TYPE_SIGNUP"}
	activity = event{"activity-1", "EVENT_TYPE_ACTIVITY"}
	purchase = event{"purchase-1", "EVENT_TYPE_PURCHASE"}
	refund   = event{"refund-1", "EVENT_TYPE_REFUND"}
)

// purchaseMinor is what every referee buys for: ₹999.
const purchaseMinor = 99900

func (s *story) record(ctx context.Context, j *journey, e event) (referralAnswer, error) {
	in := fields{"event_id": e.id, "program_id": s.program, "referee_id": j.referee.id, "type": e.kind}
	if e == purchase {
		in["amount_minor"] = purchaseMinor
	}
	answer, err := s.api.recordEvent(ctx, in)
	if err != nil || !j.twice {
		return answer, err
	}
	again, err := s.api.recordEvent(ctx, in)
	if err == nil {
		s.repeated(again, j)
	}
	return again, err
}

// drive records the events that lead to the ending of a journey in their order, but for refunds and decisions.
func (s *story) drive(ctx context.Context, j *journey) error {
	events := []event{signup, activity, purchase}
	switch {
	case j.ending == pending:
		events = nil
	case j.ending == registered:
		events = events[:1]
	case j.ending == active:
		events = events[:2]
	default:
	}
	for _, e := range events {
		if _, err := s.record(ctx, j, e); err != nil {
			return fmt.Errorf("%s of %s: %w", e.id, j.referee.name, err)
		}
	}
	return nil
}

// climb drives the five referrals that bring Asha to PRO; the one that buys first has a step of its own.
func (s *story) climb(ctx context.Context) error {
	for _, j := range s.cast.journeys[:5] {
		if j.purchaseFirst {
			continue
		}
		if err := s.drive(ctx, j); err != nil {
			return err
		}
	}
	s.say("Bela, Chetan, Esha and Farhan sign up, use the product and buy. Bela's and Esha's events are delivered twice.")
	return nil
}

// buyFirst delivers the purchase before the events that came first.
func (s *story) buyFirst(ctx context.Context) error {
	for _, j := range s.cast.journeys {
		if !j.purchaseFirst {
			continue
		}
		if _, err := s.record(ctx, j, purchase); err != nil {
			return err
		}
		early, err := s.api.referral(ctx, j.id)
		if err != nil {
			return err
		}
		for _, step := range early.History {
			if step.Inferred {
				s.seen.inferred++
			}
		}
		for _, e := range []event{signup, activity} {
			if _, err := s.record(ctx, j, e); err != nil {
				return err
			}
		}
		late, err := s.api.referral(ctx, j.id)
		if err != nil {
			return err
		}
		s.seen.kept = early.Status == late.Status
		s.say("%s's purchase arrives before her sign-up. It proves what must have come before: she is %s at once, and the\n"+
			"late events change nothing.", j.referee.name, word(early.Status))
	}
	return nil
}

// crossThreshold waits until the five are counted, so that the sixth is paid at the rate they brought.
func (s *story) crossThreshold(ctx context.Context) error {
	if err := s.settle(ctx); err != nil {
		return err
	}
	asha := s.cast.referrers[0]
	before, err := s.api.member(ctx, s.program, asha.id)
	if err != nil {
		return err
	}
	s.say("Five completed: Asha is %s now and gets the bonus of %s. All five were paid at the tier held before.",
		before.Tier, rupees(ladder[1].bonus))
	sixth := s.cast.journeys[5]
	if err := s.drive(ctx, sixth); err != nil {
		return err
	}
	s.say("%s buys: Asha's sixth, the first that is paid at the rate of PRO, %s.", sixth.referee.name, rupees(ladder[1].reward))
	return nil
}

// reuseEventID sends another event under the id of Bela's sign-up.
func (s *story) reuseEventID(ctx context.Context) error {
	bela := s.cast.journeys[0]
	_, err := s.api.recordEvent(ctx, fields{
		"event_id": signup.id, "program_id": s.program, "referee_id": bela.referee.id, "type": refund.kind,
	})
	s.seen.reusedEvent = reasonOf(err)
	if err != nil && s.seen.reusedEvent == "" {
		return err
	}
	s.say("A refund arrives for %s under the id of her sign-up. Refused: %s.", bela.referee.name, orNothing(s.seen.reusedEvent))
	return nil
}

func (s *story) others(ctx context.Context) error {
	for _, j := range s.cast.journeys[6:] {
		if err := s.drive(ctx, j); err != nil {
			return err
		}
	}
	s.say("The friends of Ravi, Kabir and Meera go their ways too; some buy, some do not.")
	return s.settle(ctx)
}

// decide reviews what was held.
func (s *story) decide(ctx context.Context) error {
	for _, j := range s.cast.with(approved, rejected) {
		postings, err := s.api.postings(ctx, j.referee.id)
		if err != nil {
			return err
		}
		if len(postings) == 0 {
			s.seen.unpaid++
		}
	}
	for _, j := range s.cast.with(rejected) {
		if _, err := s.api.review(ctx, j.id, "REVIEW_DECISION_REJECT", "one person with two accounts"); err != nil {
			return err
		}
		s.say("%s has bought, but nothing was paid while the review was open. The admin rejects it: nothing will be.", j.referee.name)
	}
	for _, j := range s.cast.with(approved) {
		if _, err := s.api.review(ctx, j.id, "REVIEW_DECISION_APPROVE", "sisters who share a phone"); err != nil {
			return err
		}
		s.say("%s has bought too; the admin approves it, and both sides are paid.", j.referee.name)
	}
	return nil
}

func (s *story) refund(ctx context.Context) error {
	if err := s.settle(ctx); err != nil {
		return err
	}
	for _, j := range s.cast.with(refunded) {
		if _, err := s.record(ctx, j, refund); err != nil {
			return err
		}
		s.say("%s returns the goods: both rewards are taken back and %s's score falls.", j.referee.name, j.referrer.name)
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	s.say("No command is waiting any more in any service.")
	return nil
}
