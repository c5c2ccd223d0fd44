package app_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
	"github.com/refersuite/refersuite/services/referral/internal/ottercache"
)

// replica is another process on the stores of the suite, with its own memory of what it wrote.
func (s *suite) replica(name string) *app.Referrals {
	r := *s.referrals
	r.Store = ottercache.NewReferrals(s.store, 100)
	r.Claims = ottercache.NewClaims(s.claims, 100)
	r.IDs = idgen.Sequence(name)
	return &r
}

func TestR2_WhatAReplicaRemembersIsFoundOutWhenItIsOld(t *testing.T) {
	s := newSuite(t).publish()
	a, b := s.replica("a"), s.replica("b")
	created, _, err := a.Create(t.Context(), app.Invitation{ProgramID: programID, ReferrerID: "asha", RefereeID: "ravi"})
	if err != nil {
		t.Fatal(err)
	}
	target := app.Target{ReferralID: created.ID}
	for i, step := range []struct {
		replica  *app.Referrals
		event    domain.Event
		replayed bool
	}{
		{b, domain.Event{ID: "e1", Type: domain.Signup}, false},
		{a, domain.Event{ID: "e2", Type: domain.Activity}, false},
		{b, domain.Event{ID: "e2", Type: domain.Activity}, true},
		{a, domain.Event{ID: "e1", Type: domain.Signup}, true},
	} {
		got, replayed, err := step.replica.RecordEvent(t.Context(), target, step.event)
		if err != nil || replayed != step.replayed {
			t.Errorf("step %d: replayed %v, %v", i, replayed, err)
		} else if i > 0 && got.Status != domain.Active {
			t.Errorf("step %d: status %s", i, got.Status)
		}
	}
	if _, err := b.Review(t.Context(), created.ID, domain.Verdict{Decision: domain.Approve}); err != nil {
		t.Fatal(err)
	}
	_, err = a.Review(t.Context(), created.ID, domain.Verdict{Decision: domain.Reject})
	wantReason(t, err, "REVIEW_DECIDED")
}

func TestR2_ReplicasRecordEventsOfOneReferralAtOnce(t *testing.T) {
	s := newSuite(t).publish(noHold)
	replicas := []*app.Referrals{s.replica("a"), s.replica("b")}
	id := s.refer("asha", "ravi").ID
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			kind := []domain.EventType{domain.Signup, domain.Activity, domain.Purchase}[i%3]
			if _, _, err := replicas[i%2].RecordEvent(t.Context(), app.Target{ReferralID: id}, domain.Event{ID: fmt.Sprint(i), Type: kind}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	s.deliver()
	if got := s.get(id); len(got.Events) != 20 || got.Status != domain.Completed {
		t.Errorf("%d events, status %s", len(got.Events), got.Status)
	}
	s.wantBalance("asha", 5000)
}

func TestR4_ReplicasMaySweepAtOnce(t *testing.T) {
	s := newSuite(t).publish()
	for i := range 700 {
		s.refer("asha", fmt.Sprint("friend", i))
	}
	s.clock.Advance(94 * 24 * time.Hour)
	var group sync.WaitGroup
	var moved [4]int64
	for i := range moved {
		replica := s.replica(fmt.Sprint("replica", i))
		group.Go(func() {
			n, err := replica.Sweep(t.Context())
			if err != nil {
				t.Error(err)
			}
			moved[i] = n
		})
	}
	group.Wait()
	if sum := moved[0] + moved[1] + moved[2] + moved[3]; sum != 700 {
		t.Errorf("moved %v", moved)
	}
}
