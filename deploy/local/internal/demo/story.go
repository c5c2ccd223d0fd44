package demo

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/refersuite/refersuite/pkg/clock"
)

// story plays the journeys of its cast and remembers what it saw on the way.
type story struct {
	api     *rest
	clock   clock.Clock
	out     io.Writer
	cast    *cast
	program string
	run     string
	steps   int
	// codes by the id of their owner.
	codes map[string]string
	seen  observed
}

// observed is what can only be seen while the story is played.
type observed struct {
	// repeats counts the requests sent a second time, replays those of them that were answered as such.
	repeats, replays int
	// oneCode is true when asking twice with one idempotency key gave one code.
	oneCode bool
	// selfReferral and reusedEvent are the reasons of these refusals.
	selfReferral, reusedEvent string
	// held counts the referrals over a shared device that were held for review before anything was decided, and unpaid
	// those of them that had paid nothing although they had completed.
	held, unpaid int
	// inferred counts the stages that an early purchase implied, and kept is true when the late events changed nothing.
	inferred int
	kept     bool
}

// play is the whole story, in order.
func (s *story) play(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		s.publish, s.makeCodes, s.refer, s.referOneself, s.showHeld, s.climb, s.buyFirst,
		s.crossThreshold, s.reuseEventID, s.others, s.decide, s.refund,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// say prints one numbered line of the story; further lines of text are set below it.
func (s *story) say(format string, args ...any) {
	s.steps++
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\n     ")
	fmt.Fprintf(s.out, "%3d. %s\n", s.steps, text)
}

func (s *story) publish(ctx context.Context) error {
	if err := s.api.publish(ctx, s.program, "Demo "+s.run); err != nil {
		return err
	}
	s.say("An admin publishes the programme %s: the default ladder for referrers, %s for the referee, no hold.",
		s.program, rupees(refereeReward))
	return nil
}

func (s *story) makeCodes(ctx context.Context) error {
	asha, ravi, kabir := s.cast.referrers[0], s.cast.referrers[1], s.cast.referrers[2]
	code, err := s.api.generateCode(ctx, s.program, asha.id, s.api.nextKey())
	if err != nil {
		return err
	}
	s.codes[asha.id] = code
	if err := s.doubleClick(ctx, kabir); err != nil {
		return err
	}
	chosen, err := s.api.vanityCode(ctx, s.program, ravi.id, "ravi-"+s.run)
	if err != nil {
		return err
	}
	s.codes[ravi.id] = chosen
	typed := " " + strings.ToLower(code) + " "
	valid, err := s.api.validate(ctx, asUser(asha.id), typed)
	if err != nil {
		return err
	}
	if !valid {
		return fmt.Errorf("the code %s is not valid when it is typed as %q", code, typed)
	}
	s.say("Asha gets the code %s, which is valid typed as %q too; Ravi chooses %s.", code, typed, chosen)
	s.say("Kabir clicks twice and gets one code, %s: both clicks carry the same Idempotency-Key.", s.codes[kabir.id])
	return nil
}

// doubleClick asks for a code twice under one key.
func (s *story) doubleClick(ctx context.Context, p person) error {
	key := s.api.nextKey()
	first, err := s.api.generateCode(ctx, s.program, p.id, key)
	if err != nil {
		return err
	}
	second, err := s.api.generateCode(ctx, s.program, p.id, key)
	if err != nil {
		return err
	}
	s.codes[p.id] = first
	s.seen.oneCode = first == second
	return nil
}

// refer signs everybody up, each by their own token, some of them twice.
func (s *story) refer(ctx context.Context) error {
	twice := 0
	for _, j := range s.cast.journeys {
		answer, err := s.api.createReferral(ctx, asUser(j.referee.id), s.referralOf(j))
		if err != nil {
			return err
		}
		j.id = answer.Referral.ID
		if !j.twice {
			continue
		}
		twice++
		again, err := s.api.createReferral(ctx, asUser(j.referee.id), s.referralOf(j))
		if err != nil {
			return err
		}
		s.repeated(again, j)
	}
	s.say("%d people are referred, %d of them send the form twice; each has one referral all the same.",
		len(s.cast.journeys), twice)
	// An assessment that could not be made at once is asked for again by a command.
	return s.settle(ctx)
}

func (s *story) referralOf(j *journey) fields {
	in := fields{"referee_id": j.referee.id, "device_id": "phone-of-" + j.referee.id, "referrer_device_id": "phone-of-" + j.referrer.id}
	if j.invitation {
		in["program_id"], in["referrer_id"] = s.program, j.referrer.id
	} else {
		in["code"] = s.codes[j.referrer.id]
	}
	if j.shared() {
		in["device_id"] = "phone-of-" + j.referrer.id
	}
	return in
}

// repeated counts the answer to a request that was sent again.
func (s *story) repeated(answer referralAnswer, j *journey) {
	s.seen.repeats++
	if answer.Replayed && answer.Referral.ID == j.id {
		s.seen.replays++
	}
}

func (s *story) referOneself(ctx context.Context) error {
	asha := s.cast.referrers[0]
	_, err := s.api.createReferral(ctx, asUser(asha.id), fields{"code": s.codes[asha.id], "referee_id": asha.id})
	s.seen.selfReferral = reasonOf(err)
	if err != nil && s.seen.selfReferral == "" {
		return err
	}
	s.say("Asha tries her own code. Refused: %s.", orNothing(s.seen.selfReferral))
	return nil
}

func (s *story) showHeld(ctx context.Context) error {
	for _, j := range s.cast.with(approved, rejected) {
		found, err := s.api.referral(ctx, j.id)
		if err != nil {
			return err
		}
		if found.Review == "REVIEW_STATE_HELD" {
			s.seen.held++
		}
		why, err := s.api.assessment(ctx, j.id)
		if err != nil {
			return err
		}
		text := fmt.Sprintf("%s signs up on %s's phone. Score %d of 100, review %s:", j.referee.name, j.referrer.name, why.Score,
			word(found.Review))
		for _, signal := range why.Signals {
			text += fmt.Sprintf("\n%s, %d points: %s", signal.Name, signal.Points, signal.Evidence)
		}
		s.say("%s", text)
	}
	return nil
}

func orNothing(reason string) string {
	if reason == "" {
		return "nothing, it was accepted"
	}
	return reason
}
