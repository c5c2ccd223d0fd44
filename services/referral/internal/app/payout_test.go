package app_test

import (
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

func reasonOf(err error) string { return errs.Reason(err) }

func TestMainPath_CompletedReferralIsPaidCountedAndRanked(t *testing.T) {
	s := newSuite(t).publish(noHold, stageReward(domain.Completed, domain.Referee, 2500))
	id := s.complete("asha", "ravi")
	s.deliver()
	if got := s.get(id).Status; got != domain.Completed {
		t.Errorf("status is %s", got)
	}
	s.wantBalance("asha", 5000)
	s.wantBalance("ravi", 2500)
	if n := s.partners.Count(programID, "asha"); n != 1 {
		t.Errorf("tier counted %d", n)
	}
	if n := s.partners.Score(programID, "asha"); n != 1 {
		t.Errorf("score is %d", n)
	}
	if due := s.get(id).Outbox.DueAt; !due.IsZero() {
		t.Errorf("something is left to deliver at %s", due)
	}
}

func TestM2_CommandIDsComeFromTheBusiness(t *testing.T) {
	s := newSuite(t).publish(noHold, stageReward(domain.Registered, domain.Referee, 100))
	id := s.complete("asha", "ravi")
	s.deliver()
	for _, want := range []string{
		"completion/diwali/" + id, "score/diwali/" + id,
		rewardID(id, "registered", domain.Referee), rewardID(id, "completed", domain.Referrer),
	} {
		if s.partners.Calls(want) != 1 {
			t.Errorf("%s was sent %d times", want, s.partners.Calls(want))
		}
	}
}

func TestM4_HeldRewardIsReleasedWhenItsHoldEnds(t *testing.T) {
	s := newSuite(t).publish()
	id := s.complete("asha", "ravi")
	s.deliver()
	reward := rewardID(id, "completed", domain.Referrer)
	if w, _ := s.partners.RewardOf(reward); w.Released || w.AmountMinor != 5000 {
		t.Fatalf("reward before the end of its hold: %+v", w)
	}
	s.clock.Advance(7*24*time.Hour - time.Millisecond)
	s.deliver()
	if w, _ := s.partners.RewardOf(reward); w.Released {
		t.Fatal("released early")
	}
	s.clock.Advance(time.Millisecond)
	s.deliver()
	if w, _ := s.partners.RewardOf(reward); !w.Released {
		t.Error("not released")
	}
}

func TestT2_BonusIsPaidBesideTheRewardOfTheTierBefore(t *testing.T) {
	s := newSuite(t).publish(noHold)
	for i := range 5 {
		s.complete("asha", "friend"+string(rune('a'+i)))
		s.deliver()
	}
	s.wantBalance("asha", 5*5000+20000)
	s.complete("asha", "sixth")
	s.deliver()
	s.wantBalance("asha", 5*5000+20000+10000)
	if s.partners.Calls("bonus/diwali/asha/PRO") != 1 {
		t.Error("the bonus must be sent once")
	}
}

func TestUnknownLadderIsToldAndTheCompletionRepeated(t *testing.T) {
	s := newSuite(t).publish(noHold)
	s.partners.ForgetLadders()
	s.complete("asha", "ravi")
	s.deliver()
	s.wantBalance("asha", 5000)
}

func TestR9_TermsAreThoseOfTheCreation(t *testing.T) {
	s := newSuite(t).publish(noHold)
	id := s.refer("asha", "ravi").ID
	dearer := domain.DefaultTerms()
	dearer.HoldPeriod, dearer.Tiers = 0, []domain.Tier{{Name: "ONLY", RewardMinor: 77}}
	if _, _, err := s.programs.Publish(t.Context(), programID, &dearer); err != nil {
		t.Fatal(err)
	}
	s.event(id, domain.Purchase)
	s.complete("asha", "mina")
	s.deliver()
	s.wantBalance("asha", 5000+77)
	if v := s.get(id).ProgramVersion; v != 1 {
		t.Errorf("version is %d", v)
	}
}

func TestUnavailableReceiverIsTriedAgainAndParkedAfterTheBound(t *testing.T) {
	s := newSuite(t).publish(noHold)
	s.loop.Backoff.MaxAttempts = 3
	s.partners.BreakBefore(func(kind domain.Kind, _ string) error {
		if kind == domain.IssueReward {
			return errs.New(errs.Unavailable, "DOWN", "wallet is down")
		}
		return nil
	})
	id := s.complete("asha", "ravi")
	for range 5 {
		s.deliver()
		s.clock.Advance(time.Hour)
	}
	m, _ := s.get(id).Outbox.Get(rewardID(id, "completed", domain.Referrer))
	if m.State != outbox.StateParked || m.Attempts != 3 {
		t.Fatalf("message is %s after %d attempts", m.State, m.Attempts)
	}
	s.partners.BreakBefore(nil)
	if done, err := s.store.Redrive(t.Context(), id, m.ID, s.clock.Now()); err != nil || !done {
		t.Fatalf("redrive: %v %v", done, err)
	}
	s.deliver()
	s.wantBalance("asha", 5000)
	if s.partners.Score(programID, "asha") != 1 {
		t.Error("the score does not wait for the money")
	}
}
