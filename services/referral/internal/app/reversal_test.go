package app_test

import (
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

func (s *suite) reject(id string) {
	s.t.Helper()
	if _, err := s.referrals.Review(s.t.Context(), id, domain.Verdict{Decision: domain.Reject, Reason: "ring", By: "admin"}); err != nil {
		s.t.Fatal(err)
	}
}

func TestRefundAfterCompletionTakesEverythingBackOnce(t *testing.T) {
	s := newSuite(t).publish(noHold, stageReward(domain.Registered, domain.Referee, 100))
	id := s.complete("asha", "ravi")
	s.deliver()
	s.event(id, domain.Refund)
	s.event(id, domain.Refund)
	s.deliver()
	s.wantBalance("asha", 0)
	s.wantBalance("ravi", 0)
	if s.partners.Count(programID, "asha") != 0 || s.partners.Score(programID, "asha") != 0 {
		t.Error("count and score must follow")
	}
	if got := s.get(id); got.Status != domain.Completed || got.Reversed == nil {
		t.Errorf("reversal is recorded beside the status: %s %v", got.Status, got.Reversed)
	}
}

func TestRefundThatOvertakesThePayoutsEndsWithTheSameMoney(t *testing.T) {
	s := newSuite(t).publish(noHold, stageReward(domain.Registered, domain.Referee, 100))
	for range 4 {
		s.complete("asha", "friend"+string(rune('a'+s.store.Len())))
	}
	s.deliver()
	id := s.complete("asha", "ravi") // the fifth reaches PRO
	s.event(id, domain.Refund)
	s.deliver()
	s.wantBalance("asha", 4*5000+20000)
	s.wantBalance("ravi", 0)
	if s.partners.Count(programID, "asha") != 4 {
		t.Errorf("count is %d", s.partners.Count(programID, "asha"))
	}
}

func TestT3_RejectionForFraudTakesTheBonusBackToo(t *testing.T) {
	for _, early := range []bool{false, true} {
		s := newSuite(t).publish(noHold)
		for i := range 4 {
			s.complete("asha", "friend"+string(rune('a'+i)))
		}
		s.deliver()
		id := s.complete("asha", "ravi")
		if !early {
			s.deliver()
			s.wantBalance("asha", 5*5000+20000)
		}
		s.reject(id)
		s.reject(id)
		s.deliver()
		s.wantBalance("asha", 4*5000)
	}
}

func TestRejectionOfAHeldReferralPaysNothing(t *testing.T) {
	s := newSuite(t).publish(noHold)
	s.partners.Judge(judgeReview)
	id := s.complete("asha", "ravi")
	s.reject(id)
	s.deliver()
	if n := len(s.partners.Executed()); n != 0 {
		t.Errorf("%d commands were executed: %v", n, s.partners.Executed())
	}
	_, err := s.referrals.Review(t.Context(), id, domain.Verdict{Decision: domain.Approve, By: "admin"})
	wantReason(t, err, "REVIEW_DECIDED")
}

func TestApprovalPaysWhatWaited(t *testing.T) {
	s := newSuite(t).publish(noHold, stageReward(domain.Active, domain.Referrer, 300))
	s.partners.Judge(judgeReview)
	id := s.complete("asha", "ravi")
	s.deliver()
	s.wantBalance("asha", 0)
	if _, err := s.referrals.Review(t.Context(), id, domain.Verdict{Decision: domain.Approve, By: "admin"}); err != nil {
		t.Fatal(err)
	}
	s.deliver()
	s.wantBalance("asha", 5300)
}

func TestM4_ReversalCancelsTheScheduledRelease(t *testing.T) {
	s := newSuite(t).publish()
	id := s.complete("asha", "ravi")
	s.deliver()
	s.event(id, domain.Refund)
	s.deliver()
	release := "release/" + rewardID(id, "completed", domain.Referrer)
	m, ok := s.get(id).Outbox.Get(release)
	if !ok || m.State != outbox.StateRefused {
		t.Fatalf("release is %+v", m)
	}
	s.clock.Advance(30 * 24 * time.Hour)
	s.deliver()
	if s.partners.Calls(release) != 0 {
		t.Error("the release was sent although the reward is reversed")
	}
}

func TestM4_ReleaseThatLosesTheRaceIsRefused(t *testing.T) {
	s := newSuite(t).publish()
	id := s.complete("asha", "ravi")
	s.deliver()
	s.clock.Advance(7 * 24 * time.Hour)
	reward := rewardID(id, "completed", domain.Referrer)
	body := domain.Body{RewardID: reward, Beneficiary: "asha", Currency: "INR", Reason: "REFUND"}
	if err := s.partners.Reverse(t.Context(), "reverse/"+reward, body); err != nil {
		t.Fatal(err)
	}
	s.deliver()
	if m, _ := s.get(id).Outbox.Get("release/" + reward); m.State != outbox.StateRefused {
		t.Errorf("release is %s: %s", m.State, m.LastError)
	}
}

func TestHoldThatIsNotOverIsNoFinalNo(t *testing.T) {
	s := newSuite(t).publish()
	early := true
	s.partners.BreakBefore(func(kind domain.Kind, id string) error {
		if kind == domain.ReleaseReward && early {
			return errs.New(errs.FailedPrecondition, "HOLD_NOT_OVER", "%s is held", id)
		}
		return nil
	})
	id := s.complete("asha", "ravi")
	s.deliver()
	s.clock.Advance(7 * 24 * time.Hour)
	s.deliver()
	early = false
	s.clock.Advance(time.Minute)
	s.deliver()
	if w, _ := s.partners.RewardOf(rewardID(id, "completed", domain.Referrer)); !w.Released {
		t.Error("not released")
	}
}

func TestRefusedRewardIsFinalAndItsReversalIsToo(t *testing.T) {
	s := newSuite(t).publish(noHold)
	s.partners.BreakBefore(func(kind domain.Kind, id string) error {
		if kind == domain.IssueReward {
			return errs.New(errs.FailedPrecondition, "BUDGET_EXHAUSTED", "no budget for %s", id)
		}
		return nil
	})
	id := s.complete("asha", "ravi")
	s.deliver()
	m, _ := s.get(id).Outbox.Get(rewardID(id, "completed", domain.Referrer))
	if m.State != outbox.StateRefused || m.LastError == "" {
		t.Fatalf("reward is %+v", m)
	}
	s.event(id, domain.Refund)
	s.deliver()
	if pending, _, parked := boxOf(s, id).Pending(s.clock.Now()); pending+parked != 0 {
		t.Errorf("%d pending, %d parked", pending, parked)
	}
	if s.partners.Count(programID, "asha") != 0 {
		t.Error("the count must follow the refund")
	}
}

func boxOf(s *suite, id string) *outbox.Box { return &s.get(id).Outbox }

func TestR5_CompletionIsDeliveredByTheOutboxAtItsTime(t *testing.T) {
	s := newSuite(t).publish(noHold, window(48*time.Hour))
	id := s.complete("asha", "ravi")
	other := s.complete("asha", "mina")
	s.event(other, domain.Refund)
	s.clock.Advance(48*time.Hour - time.Millisecond)
	s.deliver()
	if got := s.get(id).Status; got != domain.Qualified {
		t.Fatalf("status is %s", got)
	}
	s.clock.Advance(time.Millisecond)
	s.deliver()
	if got := s.get(id).Status; got != domain.Completed {
		t.Errorf("status is %s", got)
	}
	if got := s.get(other); got.Status != domain.Qualified || got.Reversed == nil {
		t.Errorf("refunded one is %s", got.Status)
	}
	s.wantBalance("asha", 5000)
}

func TestR4_SweepMovesWhatRanOutOfTime(t *testing.T) {
	s := newSuite(t).publish()
	for i := range 1200 {
		s.refer("asha", "friend"+string(rune(0x100+i)))
	}
	qualified := s.complete("asha", "ravi")
	s.clock.Advance(90*24*time.Hour + 72*time.Hour - time.Millisecond)
	if n, err := s.referrals.Sweep(t.Context()); err != nil || n != 0 {
		t.Fatalf("too early: %d %v", n, err)
	}
	s.clock.Advance(time.Millisecond)
	if n, err := s.referrals.Sweep(t.Context()); err != nil || n != 1200 {
		t.Fatalf("swept %d %v", n, err)
	}
	if n, err := s.referrals.Sweep(t.Context()); err != nil || n != 0 {
		t.Errorf("again: %d %v", n, err)
	}
	if s.get(qualified).Status != domain.Completed {
		t.Error("a completed referral expired")
	}
	stats, err := s.referrals.Stats(t.Context(), programID, "asha")
	if err != nil || stats.Total != 1201 || stats.ByStatus[domain.Expired] != 1200 || stats.ConversionPerMille != 0 {
		t.Errorf("stats: %+v %v", stats, err)
	}
}

func TestStatsCountNeitherReversedNorRejectedAsConverted(t *testing.T) {
	s := newSuite(t).publish(noHold)
	s.complete("asha", "ravi")
	s.event(s.complete("asha", "mina"), domain.Refund)
	paid := s.complete("asha", "kiran")
	s.partners.Judge(judgeReview)
	held := s.complete("asha", "dev")
	s.refer("asha", "noor")
	for _, id := range []string{paid, held} {
		if _, err := s.referrals.Review(t.Context(), id, domain.Verdict{Decision: domain.Reject, Reason: "seen before", By: "admin"}); err != nil {
			t.Fatal(err)
		}
	}
	stats, err := s.referrals.Stats(t.Context(), programID, "asha")
	if err != nil || stats.Total != 5 || stats.ByStatus[domain.Completed] != 4 || stats.Reversed != 2 || stats.Rejected != 2 ||
		stats.Converted != 1 || stats.ConversionPerMille != 200 {
		t.Errorf("stats: %+v %v", stats, err)
	}
}

func TestRecordEventFindsTheReferralThroughItsReferee(t *testing.T) {
	s := newSuite(t).publish()
	id := s.refer("asha", "ravi").ID
	record := func(target string, referee string) error {
		_, _, err := s.referrals.RecordEvent(t.Context(), targetOf(target, referee), domain.Event{ID: "e", Type: domain.Signup})
		return err
	}
	if err := record("", "ravi"); err != nil {
		t.Fatal(err)
	}
	if got := s.get(id).Status; got != domain.Registered {
		t.Errorf("status is %s", got)
	}
	wantReason(t, record("", "nobody"), "REFERRAL_NOT_FOUND")
	wantReason(t, record(id, "mina"), "REFERRAL_NOT_FOUND")
	wantReason(t, record("", ""), "EVENT_TARGET_MISSING")
}
