package app_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/fraud/internal/app"
	"github.com/refersuite/refersuite/services/fraud/internal/domain"
	"github.com/refersuite/refersuite/services/fraud/internal/memstore"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func assessor(t *testing.T, store app.Store, key string) *app.Assessor {
	t.Helper()
	prints, err := app.NewFingerprints([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return app.NewAssessor(store, prints, domain.DefaultBands(), clock.NewFake(noon))
}

const key = "a key of many characters"

func request(id string) app.Request {
	return app.Request{ReferralID: id, ProgramID: "p", ReferrerID: "ann", RefereeID: "referee-" + id, Code: "ANN10000", OccurredAt: noon}
}

func TestF1_ReplayReturnsTheStoredAssessment(t *testing.T) {
	ctx := testkit.Context(t)
	a := assessor(t, memstore.New(), key)
	for _, req := range []app.Request{request("plain"), {
		ReferralID: "seen", ProgramID: "p", ReferrerID: "ann", RefereeID: "ben", Address: "10.0.0.1", Device: "phone", OccurredAt: noon,
	}} {
		first, replayed, err := a.Assess(ctx, req)
		if err != nil || replayed {
			t.Fatalf("first: %v, %v", replayed, err)
		}
		second, replayed, err := a.Assess(ctx, req)
		if err != nil || !replayed || second.Score != first.Score {
			t.Fatalf("second: %+v, %v, %v", second, replayed, err)
		}
	}
}

func TestOtherFactsAreRefused(t *testing.T) {
	ctx := testkit.Context(t)
	changes := map[string]func(*app.Request){
		"referrer":         func(r *app.Request) { r.ReferrerID = "zoe" },
		"referee":          func(r *app.Request) { r.RefereeID = "zoe" },
		"code":             func(r *app.Request) { r.Code = "" },
		"time":             func(r *app.Request) { r.OccurredAt = noon.Add(time.Millisecond) },
		"address":          func(r *app.Request) { r.Address = "10.0.0.2" },
		"device":           func(r *app.Request) { r.Device = "tablet" },
		"referrer address": func(r *app.Request) { r.ReferrerAddress = "10.0.0.3" },
		"referrer device":  func(r *app.Request) { r.ReferrerDevice = "laptop" },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			store := memstore.New()
			a := assessor(t, store, key)
			if _, _, err := a.Assess(ctx, request("r1")); err != nil {
				t.Fatal(err)
			}
			other := request("r1")
			change(&other)
			if _, _, err := a.Assess(ctx, other); errs.Reason(err) != command.ReasonReused {
				t.Fatalf("got %v", err)
			}
			if name != "device" {
				return
			}
			// The refused device was not remembered either.
			next := request("r2")
			next.Device = other.Device
			if got, _, err := a.Assess(ctx, next); err != nil || got.Score != 0 {
				t.Fatalf("got %+v, %v", got, err)
			}
		})
	}
}

func TestF1_TwentyRacersMakeOneAssessment(t *testing.T) {
	ctx := testkit.Context(t)
	store := memstore.New()
	var group sync.WaitGroup
	var mu sync.Mutex
	fresh := 0
	for range 20 {
		group.Go(func() {
			req := request("r1")
			req.Device = "phone"
			_, replayed, err := assessor(t, store, key).Assess(ctx, req)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if !replayed {
				fresh++
			}
		})
	}
	group.Wait()
	if fresh != 1 {
		t.Fatalf("%d racers made an assessment", fresh)
	}
}

func TestF2_RacersOfOneDeviceSeeEachOther(t *testing.T) {
	ctx := testkit.Context(t)
	a := assessor(t, memstore.New(), key)
	scores := make([]int, 2)
	var group sync.WaitGroup
	for i := range scores {
		group.Go(func() {
			req := request(fmt.Sprint("r", i))
			req.Device = "phone"
			got, _, err := a.Assess(ctx, req)
			if err != nil {
				t.Error(err)
			}
			scores[i] = got.Score
		})
	}
	group.Wait()
	if max(scores[0], scores[1]) < domain.DefaultBands().Review {
		t.Fatalf("scores are %v: both slipped through", scores)
	}
}

func TestF2_HundredsOfReferralsAtOnceAreAllowed(t *testing.T) {
	ctx := testkit.Context(t)
	a := assessor(t, memstore.New(), key)
	for i := range 300 {
		got, _, err := a.Assess(ctx, request(fmt.Sprint("r", i)))
		if err != nil || got.Band != domain.BandAllow {
			t.Fatalf("referral %d: %+v, %v", i, got, err)
		}
	}
}

func TestF2_AFullAddressIsAllowed(t *testing.T) {
	ctx := testkit.Context(t)
	a := assessor(t, memstore.New(), key)
	for i := range 60 {
		req := request(fmt.Sprint("r", i))
		req.ReferrerID, req.Code, req.Address = fmt.Sprint("referrer-", i), "", "100.64.0.1"
		got, _, err := a.Assess(ctx, req)
		if err != nil || got.Band != domain.BandAllow {
			t.Fatalf("referral %d: %+v, %v", i, got, err)
		}
	}
}

func TestAddressesAndDevicesAreStoredAsKeyedHashesOnly(t *testing.T) {
	ctx := testkit.Context(t)
	store := memstore.New()
	req := request("r1")
	req.Address, req.Device, req.ReferrerAddress, req.ReferrerDevice = "192.0.2.7", "phone-7", "192.0.2.8", "phone-8"
	if _, _, err := assessor(t, store, key).Assess(ctx, req); err != nil {
		t.Fatal(err)
	}
	got, _, err := store.Get(ctx, "r1")
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"192.0.2", "phone"} {
		if strings.Contains(fmt.Sprintf("%+v", got), secret) {
			t.Errorf("stored in plain: %+v", got)
		}
	}
	// A replay after a change of the key is still a replay, and other facts are still refused.
	rotated := assessor(t, store, "another key, as long")
	if _, replayed, err := rotated.Assess(ctx, req); err != nil || !replayed {
		t.Errorf("after a change of the key: %v, %v", replayed, err)
	}
	req.RefereeID = "zoe"
	if _, _, err := rotated.Assess(ctx, req); errs.Reason(err) != command.ReasonReused {
		t.Errorf("other facts after a change of the key: %v", err)
	}
}

func TestFingerprints_OfTheSameAddressAreEqual(t *testing.T) {
	prints, err := app.NewFingerprints([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	other, err := app.NewFingerprints([]byte("another key, as long"))
	if err != nil {
		t.Fatal(err)
	}
	same := [][2]string{{"192.0.2.7", "::ffff:192.0.2.7"}, {"2001:db8::1", "2001:DB8:0:0:ffff::2"}}
	for _, pair := range same {
		if prints.Address(pair[0]) != prints.Address(pair[1]) {
			t.Errorf("%v differ", pair)
		}
	}
	different := [][2]string{{"192.0.2.7", "192.0.2.8"}, {"2001:db8::1", "2001:db8:0:1::1"}}
	for _, pair := range different {
		if prints.Address(pair[0]) == prints.Address(pair[1]) {
			t.Errorf("%v are the same", pair)
		}
	}
	if prints.Address("") != "" || prints.Device(" ") != "" {
		t.Error("unknown has a fingerprint")
	}
	if prints.Device("192.0.2.7") == prints.Address("192.0.2.7") || prints.Device("x") == other.Device("x") {
		t.Error("kind or key does not count")
	}
	if _, err := app.NewFingerprints([]byte("short")); err == nil {
		t.Error("a short key is accepted")
	}
}
