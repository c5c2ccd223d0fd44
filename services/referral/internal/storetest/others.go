package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

func claim(referee, referrer, referralID string) domain.Claim {
	return domain.Claim{ProgramID: "p", RefereeID: referee, ReferrerID: referrer, ReferralID: referralID, CreatedAt: start}
}

func claimOnce(t *testing.T, s Stores) {
	first := claim("ravi", "asha", "r1")
	stored, err := s.Claims.Put(t.Context(), first)
	must(t, err)
	if stored != first {
		t.Errorf("stored %+v", stored)
	}
	stored, err = s.Claims.Put(t.Context(), claim("ravi", "mina", "r2"))
	if !errors.Is(err, app.ErrExists) || stored != first {
		t.Errorf("second claim: %+v, %v", stored, err)
	}
	other := claim("ravi", "mina", "r3")
	other.ProgramID = "another"
	if _, err := s.Claims.Put(t.Context(), other); err != nil {
		t.Errorf("claim of another programme: %v", err)
	}
	got, err := s.Claims.Get(t.Context(), "p", "ravi")
	must(t, err)
	if got != first {
		t.Errorf("got %+v", got)
	}
	for referrer, want := range map[string]bool{"asha": true, "mina": false, "ravi": false} {
		has, err := s.Claims.HasReferred(t.Context(), "p", referrer)
		must(t, err)
		if has != want {
			t.Errorf("%s has referred: %v", referrer, has)
		}
	}
}

func claimRace(t *testing.T, s Stores) {
	for round := range 10 {
		referee := fmt.Sprint("ravi", round)
		var won atomic.Int64
		var answers [racers]domain.Claim
		race(func(i int) {
			stored, err := s.Claims.Put(t.Context(), claim(referee, fmt.Sprint("referrer", i), fmt.Sprint("r", round, "-", i)))
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, app.ErrExists) {
				t.Errorf("racer %d: %v", i, err)
			}
			answers[i] = stored
		})
		stored, err := s.Claims.Get(t.Context(), "p", referee)
		must(t, err)
		if won.Load() != 1 {
			t.Fatalf("round %d: %d won", round, won.Load())
		}
		for i, answer := range answers {
			if answer != stored {
				t.Fatalf("racer %d was told %+v, stored is %+v", i, answer, stored)
			}
		}
	}
}

func claimRelease(t *testing.T, s Stores) {
	first := claim("ravi", "asha", "r1")
	_, err := s.Claims.Put(t.Context(), first)
	must(t, err)
	must(t, s.Claims.Release(t.Context(), claim("ravi", "asha", "another")))
	if _, err := s.Claims.Get(t.Context(), "p", "ravi"); err != nil {
		t.Errorf("released for another referral: %v", err)
	}
	must(t, s.Claims.Release(t.Context(), first))
	must(t, s.Claims.Release(t.Context(), first))
	if _, err := s.Claims.Get(t.Context(), "p", "ravi"); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("after the release: %v", err)
	}
	has, err := s.Claims.HasReferred(t.Context(), "p", "asha")
	must(t, err)
	if has {
		t.Error("asha has referred nobody any more")
	}
}

func code(key, owner string, at time.Time) domain.Code {
	return domain.Code{Key: key, Text: key, ProgramID: "p", OwnerID: owner, Vanity: true, CreatedAt: at}
}

func codeOnceForEver(t *testing.T, s Stores) {
	first := code("D1WA11", "asha", start)
	must(t, s.Codes.Put(t.Context(), first))
	if err := s.Codes.Put(t.Context(), code("D1WA11", "mina", start)); !errors.Is(err, app.ErrExists) {
		t.Errorf("second put: %v", err)
	}
	want := first
	want.Disabled = true
	for range 2 {
		disabled, err := s.Codes.Disable(t.Context(), "D1WA11")
		must(t, err)
		if disabled != want {
			t.Errorf("disabled: %+v", disabled)
		}
	}
	got, err := s.Codes.Get(t.Context(), "D1WA11")
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := s.Codes.Put(t.Context(), code("D1WA11", "mina", start)); !errors.Is(err, app.ErrExists) {
		t.Errorf("a retired code was issued again: %v", err)
	}
}

func codeRace(t *testing.T, s Stores) {
	for round := range 10 {
		key := fmt.Sprint("CODE", round)
		var won atomic.Int64
		race(func(i int) {
			err := s.Codes.Put(t.Context(), code(key, fmt.Sprint("owner", i), start))
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, app.ErrExists) {
				t.Errorf("racer %d: %v", i, err)
			}
		})
		if won.Load() != 1 {
			t.Fatalf("round %d: %d won", round, won.Load())
		}
	}
}

func codeCount(t *testing.T, s Stores) {
	for i := range 5 {
		must(t, s.Codes.Put(t.Context(), code(fmt.Sprint("C", i), "asha", start.Add(time.Duration(i)*time.Minute))))
	}
	must(t, s.Codes.Put(t.Context(), code("M0", "mina", start)))
	for _, c := range []struct {
		owner string
		since time.Duration
		limit int
		want  int
	}{{"asha", 0, 10, 5}, {"asha", 2 * time.Minute, 10, 3}, {"asha", 0, 4, 4}, {"asha", time.Hour, 10, 0}, {"nobody", 0, 10, 0}} {
		n, err := s.Codes.CountSince(t.Context(), c.owner, start.Add(c.since), c.limit)
		must(t, err)
		if n != c.want {
			t.Errorf("%+v: got %d", c, n)
		}
	}
}

func programOnce(t *testing.T, s Stores) {
	draft := domain.Program{ID: "p", Name: "P", Terms: domain.DefaultTerms(), CreatedAt: start}
	draft.Terms.StageRewards = []domain.StageReward{{Stage: domain.Active, Side: domain.Referrer, AmountMinor: 5}}
	_, err := s.Programs.Put(t.Context(), draft)
	must(t, err)
	other := draft
	other.Name = "Q"
	stored, err := s.Programs.Put(t.Context(), other)
	if !errors.Is(err, app.ErrExists) {
		t.Fatalf("second put: %v", err)
	}
	if diff := cmp.Diff(draft, stored); diff != "" {
		t.Errorf("the second put was told (-want +got):\n%s", diff)
	}
	got, err := s.Programs.Get(t.Context(), "p")
	must(t, err)
	if diff := cmp.Diff(draft, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func programList(t *testing.T, s Stores) {
	for _, id := range []string{"c", "a", "b"} {
		_, err := s.Programs.Put(t.Context(), domain.Program{ID: id, Name: id, Terms: domain.DefaultTerms(), CreatedAt: start})
		must(t, err)
	}
	var got []string
	after := ""
	for {
		page, err := s.Programs.List(t.Context(), after, 2)
		must(t, err)
		if len(page) == 0 {
			break
		}
		for _, p := range page {
			got = append(got, p.ID)
		}
		after = page[len(page)-1].ID
	}
	if !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("got %v", got)
	}
}

func unknownKeys(t *testing.T, s Stores) {
	for name, read := range map[string]func() error{
		"referral": func() error { _, err := s.Referrals.Get(t.Context(), "x"); return err },
		"peek":     func() error { _, err := s.Referrals.Peek(t.Context(), "x"); return err },
		"claim":    func() error { _, err := s.Claims.Get(t.Context(), "p", "x"); return err },
		"code":     func() error { _, err := s.Codes.Get(t.Context(), "X"); return err },
		"disable":  func() error { _, err := s.Codes.Disable(t.Context(), "X"); return err },
		"program":  func() error { _, err := s.Programs.Get(t.Context(), "x"); return err },
	} {
		if err := read(); !errors.Is(err, app.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	counts, err := s.Referrals.CountByStatus(t.Context(), "p", "x")
	must(t, err)
	if len(counts.ByStatus) != 0 || counts.Reversed != 0 {
		t.Errorf("counts: %+v", counts)
	}
}
