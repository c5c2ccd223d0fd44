package app_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

func TestC1_CodeLeadsToItsOwnerHoweverItIsTyped(t *testing.T) {
	s := newSuite(t).publish()
	if _, replayed, err := s.codes.CreateVanity(t.Context(), programID, "asha", "Diwali-Lo"); err != nil || replayed {
		t.Fatal(replayed, err)
	}
	a, _, err := s.create(app.Invitation{Code: " d1wa1i-10 ", RefereeID: "ravi"})
	if err != nil || a.ReferrerID != "asha" || a.ProgramID != programID || a.Code != "DIWALI-LO" {
		t.Fatalf("%+v %v", a, err)
	}
	code, valid, err := s.codes.Validate(t.Context(), "DIWALI-LO")
	if err != nil || !valid || code.Text != "DIWALI-LO" {
		t.Errorf("%+v %v %v", code, valid, err)
	}
	_, _, err = s.create(app.Invitation{Code: "DIWALI-LO", ProgramID: "another", RefereeID: "mina"})
	wantReason(t, err, "CODE_NOT_FOUND")
}

func TestC1_VanityCodesAreUniqueByLook(t *testing.T) {
	s := newSuite(t).publish()
	vanity := func(owner, code string) error {
		_, _, err := s.codes.CreateVanity(t.Context(), programID, owner, code)
		return err
	}
	if err := vanity("asha", "HELLO"); err != nil {
		t.Fatal(err)
	}
	if _, replayed, err := s.codes.CreateVanity(t.Context(), programID, "asha", "hello"); err != nil || !replayed {
		t.Errorf("same again: %v %v", replayed, err)
	}
	wantReason(t, vanity("mina", "HELLO"), "CODE_TAKEN")
	wantReason(t, vanity("mina", "HE110"), "CODE_TAKEN")
	wantReason(t, vanity("mina", "admin"), "CODE_RESERVED")
	wantReason(t, vanity("mina", "x"), "CODE_INVALID")
}

func TestC1_RetiredCodesAreNeverIssuedAgain(t *testing.T) {
	s := newSuite(t).publish()
	code, err := s.codes.Generate(t.Context(), programID, "asha")
	if err != nil {
		t.Fatal(err)
	}
	before, _, err := s.create(app.Invitation{Code: code.Text, RefereeID: "ravi"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if disabled, err := s.codes.Disable(t.Context(), code.Text); err != nil || !disabled.Disabled {
			t.Fatal(disabled, err)
		}
	}
	if _, valid, err := s.codes.Validate(t.Context(), code.Text); err != nil || valid {
		t.Errorf("valid: %v %v", valid, err)
	}
	_, _, err = s.create(app.Invitation{Code: code.Text, RefereeID: "mina"})
	wantReason(t, err, "CODE_NOT_FOUND")
	after, replayed, err := s.create(app.Invitation{Code: code.Text, RefereeID: "ravi"})
	if err != nil || !replayed || after.ID != before.ID {
		t.Errorf("a retry after the code was disabled: %v %v", replayed, err)
	}
	_, _, err = s.codes.CreateVanity(t.Context(), programID, "mina", code.Text)
	wantReason(t, err, "CODE_TAKEN")
	_, err = s.codes.Disable(t.Context(), "UNKNOWN")
	wantReason(t, err, "CODE_NOT_FOUND")
}

func TestC2_TenCodesPerPersonInFifteenMinutes(t *testing.T) {
	s := newSuite(t).publish()
	var made, refused atomic.Int64
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			switch _, err := s.codes.Generate(t.Context(), programID, "asha"); {
			case err == nil:
				made.Add(1)
			case errs.Reason(err) == "CODE_RATE_LIMITED":
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if made.Load() != 10 || refused.Load() != 10 {
		t.Errorf("%d made, %d refused", made.Load(), refused.Load())
	}
	_, _, err := s.codes.CreateVanity(t.Context(), programID, "asha", "VANITY")
	wantReason(t, err, "CODE_RATE_LIMITED")
	if _, err := s.codes.Generate(t.Context(), programID, "mina"); err != nil {
		t.Errorf("another person: %v", err)
	}
	s.clock.Advance(15*time.Minute - time.Millisecond)
	_, err = s.codes.Generate(t.Context(), programID, "asha")
	wantReason(t, err, "CODE_RATE_LIMITED")
	s.clock.Advance(time.Millisecond)
	if _, err := s.codes.Generate(t.Context(), programID, "asha"); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

func TestProgrammesArePublishedInVersions(t *testing.T) {
	s := newSuite(t)
	draft := domain.Program{ID: programID, Name: "Diwali", Terms: domain.DefaultTerms()}
	for i := range 2 {
		if view, replayed, err := s.programs.Create(t.Context(), draft); err != nil || replayed != (i == 1) || view.Edition.Version != 0 {
			t.Fatalf("create %d: %+v %v %v", i, view, replayed, err)
		}
	}
	renamed := draft
	renamed.Name = "Holi"
	_, _, err := s.programs.Create(t.Context(), renamed)
	wantReason(t, err, "PROGRAM_EXISTS")
	_, err = s.codes.Generate(t.Context(), programID, "asha")
	wantReason(t, err, "PROGRAM_NOT_PUBLISHED")
	_, _, err = s.programs.Publish(t.Context(), "nowhere", nil)
	wantReason(t, err, "PROGRAM_NOT_FOUND")

	publish := func(version int64, replayed bool, terms *domain.Terms) {
		t.Helper()
		view, again, err := s.programs.Publish(t.Context(), programID, terms)
		if err != nil || view.Edition.Version != version || again != replayed {
			t.Errorf("published version %d, replayed %v, %v", view.Edition.Version, again, err)
		}
	}
	next := domain.DefaultTerms()
	next.HoldPeriod = time.Hour
	first := domain.DefaultTerms()
	publish(1, false, nil)
	publish(1, true, nil)
	publish(2, false, &next)
	publish(2, true, nil)
	publish(3, false, &first)

	other := domain.DefaultTerms()
	other.Currency = "USD"
	_, _, err = s.programs.Publish(t.Context(), programID, &other)
	wantReason(t, err, "CURRENCY_FIXED")
	_, err = s.programs.Get(t.Context(), programID, 4)
	wantReason(t, err, "VERSION_NOT_FOUND")
	if view, err := s.programs.Get(t.Context(), programID, 2); err != nil || view.Edition.Terms.HoldPeriod != time.Hour {
		t.Errorf("version 2: %+v %v", view, err)
	}
	if list, err := s.programs.List(t.Context(), "", 10); err != nil || len(list) != 1 || list[0].Edition.Version != 3 {
		t.Errorf("list: %+v %v", list, err)
	}
}

func TestPublishAtOnceMakesOneVersionForEachOfTheTerms(t *testing.T) {
	s := newSuite(t).publish()
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			terms := domain.DefaultTerms()
			terms.HoldPeriod = time.Duration(i+1) * time.Hour
			if _, _, err := s.programs.Publish(t.Context(), programID, &terms); err != nil && errs.Reason(err) != "PUBLISH_RACE" {
				t.Error(err)
			}
		})
	}
	group.Wait()
	view, err := s.programs.Get(t.Context(), programID, 0)
	if err != nil || view.Edition.Version < 2 {
		t.Fatal(view, err)
	}
	seen := map[string]bool{}
	for v := range view.Edition.Version {
		at, err := s.programs.Get(t.Context(), programID, v+1)
		if err != nil {
			t.Fatal(err)
		}
		seen[fmt.Sprint(at.Edition.Terms.HoldPeriod)] = true
	}
	if int64(len(seen)) != view.Edition.Version {
		t.Errorf("%d versions hold %d different terms", view.Edition.Version, len(seen))
	}
}

func TestPublishThatCannotReachTierIsRepeated(t *testing.T) {
	s := newSuite(t)
	if _, _, err := s.programs.Create(t.Context(), domain.Program{ID: programID, Name: "x", Terms: domain.DefaultTerms()}); err != nil {
		t.Fatal(err)
	}
	s.partners.BreakBefore(func(domain.Kind, string) error { return errs.New(errs.Unavailable, "DOWN", "tier is down") })
	_, _, err := s.programs.Publish(t.Context(), programID, nil)
	if errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("error is %v", err)
	}
	s.partners.BreakBefore(nil)
	if view, replayed, err := s.programs.Publish(t.Context(), programID, nil); err != nil || !replayed || view.Edition.Version != 1 {
		t.Errorf("again: %+v %v %v", view, replayed, err)
	}
}
