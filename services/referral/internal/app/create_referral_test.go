package app_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

func (s *suite) create(in app.Invitation) (*app.Aggregate, bool, error) {
	if in.ProgramID == "" && in.Code == "" {
		in.ProgramID = programID
	}
	return s.referrals.Create(s.t.Context(), in)
}

func TestR6_OneReferrerPerRefereeForEver(t *testing.T) {
	s := newSuite(t).publish()
	first := s.refer("asha", "ravi")
	again, replayed, err := s.create(app.Invitation{ReferrerID: "asha", RefereeID: "ravi"})
	if err != nil || !replayed || again.ID != first.ID {
		t.Errorf("same referrer again: %v %v", replayed, err)
	}
	_, _, err = s.create(app.Invitation{ReferrerID: "mina", RefereeID: "ravi"})
	wantReason(t, err, "REFEREE_ALREADY_REFERRED")
}

func TestR6_RaceForOneRefereeHasOneWinner(t *testing.T) {
	s := newSuite(t).publish()
	var created, replayed, refused atomic.Int64
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			_, again, err := s.create(app.Invitation{ReferrerID: fmt.Sprint("referrer", i%2), RefereeID: "ravi"})
			switch {
			case errs.Reason(err) == "REFEREE_ALREADY_REFERRED":
				refused.Add(1)
			case err != nil:
				t.Error(err)
			case again:
				replayed.Add(1)
			default:
				created.Add(1)
			}
		})
	}
	group.Wait()
	if created.Load() != 1 || replayed.Load() != 9 || refused.Load() != 10 {
		t.Errorf("%d created, %d replayed, %d refused", created.Load(), replayed.Load(), refused.Load())
	}
}

func TestR6_NobodyRefersThemselves(t *testing.T) {
	s := newSuite(t).publish()
	for name, in := range map[string]app.Invitation{
		"same user":  {ReferrerID: "ravi", RefereeID: "ravi"},
		"same email": {ReferrerID: "asha", RefereeID: "ravi", RefereeContact: domain.Contact{Email: "A.B@gmail.com"}, ReferrerContact: domain.Contact{Email: "ab+x@gmail.com"}},
		"same phone": {ReferrerID: "asha", RefereeID: "ravi", RefereeContact: domain.Contact{Phone: "+91 98765 43210"}, ReferrerContact: domain.Contact{Phone: "09876543210"}},
	} {
		if _, _, err := s.create(in); errs.Reason(err) != "SELF_REFERRAL" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.claims.Get(t.Context(), programID, "ravi"); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("a refusal left a claim: %v", err)
	}
}

func TestR6_CyclesAreRefusedAndLeaveNothingBehind(t *testing.T) {
	s := newSuite(t).publish()
	s.refer("a", "b")
	s.refer("b", "c")
	_, _, err := s.create(app.Invitation{ReferrerID: "c", RefereeID: "a"})
	wantReason(t, err, "REFERRAL_CYCLE")
	_, _, err = s.create(app.Invitation{ReferrerID: "b", RefereeID: "a"})
	wantReason(t, err, "REFERRAL_CYCLE")
	s.refer("z", "a")
}

func TestR7_ExistingCustomersAreForProgrammesThatAllowThem(t *testing.T) {
	yesterday := start.Add(-24 * time.Hour)
	s := newSuite(t).publish()
	_, _, err := s.create(app.Invitation{ReferrerID: "asha", RefereeID: "ravi", CustomerSince: yesterday})
	wantReason(t, err, "EXISTING_CUSTOMER")
	if _, _, err := s.create(app.Invitation{ReferrerID: "asha", RefereeID: "ravi", CustomerSince: start}); err != nil {
		t.Errorf("customer since this moment: %v", err)
	}
	s.clock.Advance(time.Hour)
	if _, replayed, err := s.create(app.Invitation{ReferrerID: "asha", RefereeID: "ravi", CustomerSince: start}); err != nil || !replayed {
		t.Errorf("the same request later: %v %v", replayed, err)
	}
	open := newSuite(t).publish(func(t *domain.Terms) { t.AllowExistingCustomers = true })
	if _, _, err := open.create(app.Invitation{ReferrerID: "asha", RefereeID: "ravi", CustomerSince: yesterday}); err != nil {
		t.Errorf("where they are allowed: %v", err)
	}
}

func TestCreateNamesItsReferrerOneWay(t *testing.T) {
	s := newSuite(t).publish()
	for _, c := range []struct {
		in     app.Invitation
		reason string
	}{
		{app.Invitation{RefereeID: "ravi"}, "REFERRER_MISSING"},
		{app.Invitation{RefereeID: "ravi", Code: "ABCD", ReferrerID: "asha"}, "REFERRER_UNEXPECTED"},
		{app.Invitation{RefereeID: "ravi", Code: "ABCD"}, "CODE_NOT_FOUND"},
		{app.Invitation{RefereeID: "ravi", ReferrerID: "asha", ProgramID: "nowhere"}, "PROGRAM_NOT_FOUND"},
	} {
		_, _, err := s.create(c.in)
		wantReason(t, err, c.reason)
	}
	if _, _, err := s.programs.Create(t.Context(), domain.Program{ID: "draft", Name: "x", Terms: domain.DefaultTerms()}); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.create(app.Invitation{RefereeID: "ravi", ReferrerID: "asha", ProgramID: "draft"})
	wantReason(t, err, "PROGRAM_NOT_PUBLISHED")
}

// failingStore lets the next insert fail, as if the process had died before it.
type failingStore struct {
	app.ReferralStore
	fail atomic.Bool
}

func (f *failingStore) Insert(ctx context.Context, a *app.Aggregate) error {
	if f.fail.Swap(false) {
		return errs.OutcomeUnknown(errors.New("the process died"))
	}
	return f.ReferralStore.Insert(ctx, a)
}

func TestR6_CrashBetweenClaimAndReferralIsRepairedByTheRetry(t *testing.T) {
	s := newSuite(t).publish()
	store := &failingStore{ReferralStore: s.store}
	store.fail.Store(true)
	s.referrals.Store = store
	_, _, err := s.create(app.Invitation{ReferrerID: "asha", RefereeID: "ravi"})
	wantReason(t, err, errs.ReasonOutcomeUnknown)
	claim, err := s.claims.Get(t.Context(), programID, "ravi")
	if err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(time.Minute)
	a, replayed, err := s.create(app.Invitation{ReferrerID: "asha", RefereeID: "ravi"})
	if err != nil || replayed || a.ID != claim.ReferralID || !a.CreatedAt.Equal(start) {
		t.Errorf("the retry made %v %v %v", a, replayed, err)
	}
}

func TestF4_FraudThatDoesNotAnswerHoldsRewardsAndIsAskedAgain(t *testing.T) {
	s := newSuite(t).publish(noHold)
	facts := domain.Facts{IPAddress: "203.0.113.9", DeviceID: "device"}
	var asked []app.Assessment
	s.partners.Judge(func(a app.Assessment) (domain.Band, error) {
		asked = append(asked, a)
		return "", errs.New(errs.Unavailable, "DOWN", "fraud is down")
	})
	a, _, err := s.create(app.Invitation{ReferrerID: "asha", RefereeID: "ravi", Facts: facts})
	if err != nil || a.Review != domain.Unassessed {
		t.Fatalf("%v %v", a, err)
	}
	s.event(a.ID, domain.Purchase)
	s.deliver()
	s.wantBalance("asha", 0)
	s.partners.Judge(func(a app.Assessment) (domain.Band, error) {
		asked = append(asked, a)
		return domain.Allow, nil
	})
	s.clock.Advance(time.Hour)
	s.deliver()
	s.wantBalance("asha", 5000)
	for _, a := range asked {
		if a != asked[0] || a.Facts != facts {
			t.Errorf("fraud was asked about different facts: %+v and %+v", a, asked[0])
		}
	}
	for _, m := range s.get(a.ID).Outbox.Messages {
		if m.Kind == string(domain.AssessReferral) && len(m.Payload) != 0 {
			t.Error("personal data outlives the assessment that needed it")
		}
	}
}

func TestF1_BandsDecideTheReviewStateAndNeverTheSignup(t *testing.T) {
	for band, want := range map[domain.Band]domain.Review{domain.Allow: domain.Cleared, domain.NeedsReview: domain.Held, domain.Block: domain.Blocked} {
		s := newSuite(t).publish(noHold)
		s.partners.Judge(func(app.Assessment) (domain.Band, error) { return band, nil })
		id := s.complete("asha", "ravi")
		s.deliver()
		if got := s.get(id); got.Review != want || got.Status != domain.Completed {
			t.Errorf("%s: %s %s", band, got.Review, got.Status)
		}
		if paid := s.partners.Balance("asha") > 0; paid != (want == domain.Cleared) {
			t.Errorf("%s: paid is %v", band, paid)
		}
	}
}
