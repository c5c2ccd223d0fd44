// Package storetest holds the contract of app.Store. Every adapter passes it.
package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/fraud/internal/app"
	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Run runs the contract against stores that open makes, each of them empty.
func Run(t *testing.T, open func(t *testing.T) app.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, app.Store){
		"an assessment comes back as it was stored":        roundTrip,
		"a referral has one assessment, the first":         firstStays,
		"of 20 racers one stores":                          race,
		"referrals are counted in their window":            referrerWindow,
		"counting stops at the limit":                      limits,
		"people are counted by device and address":         people,
		"nobody counts against themselves":                 oneself,
		"a referral is sighted once":                       sightedOnce,
		"lists are newest first and go on where they left": pages,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func assessment(id string, change func(*domain.Assessment)) domain.Assessment {
	a := domain.Assessment{
		Facts: domain.Facts{ReferralID: id, ProgramID: "p", ReferrerID: "ann", RefereeID: "referee-" + id, OccurredAt: noon, KeyID: "k"},
		Band:  domain.BandAllow, Bands: domain.DefaultBands(), RulesVersion: domain.RulesVersion, AssessedAt: noon, FactsHash: [32]byte{1, 2, 3},
	}
	if change != nil {
		change(&a)
	}
	return a
}

func insert(t *testing.T, s app.Store, a domain.Assessment) {
	t.Helper()
	if stored, err := s.Insert(testkit.Context(t), a); err != nil || !stored {
		t.Fatalf("insert %s: %v, %v", a.Facts.ReferralID, stored, err)
	}
}

func count(t *testing.T, s app.Store, f domain.Facts) domain.Counts {
	t.Helper()
	c, err := s.Count(testkit.Context(t), f)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func roundTrip(t *testing.T, s app.Store) {
	want := assessment("r1", func(a *domain.Assessment) {
		a.Facts.Code, a.Facts.Device, a.Facts.Address = "ANN10000", "d", "x"
		a.Facts.ReferrerDevice, a.Facts.ReferrerAddress = "rd", "rx"
		a.Score, a.Band, a.Bands = 60, domain.BandReview, domain.Bands{Review: 30, Block: 70}
		a.Signals = []domain.Signal{{Name: domain.SignalSharedDevice, Points: 60, Evidence: "the same"}, {Name: domain.SignalVelocity, Points: 10, Evidence: "many"}}
		a.AssessedAt = noon.Add(7 * time.Millisecond)
	})
	insert(t, s, want)
	got, ok, err := s.Get(testkit.Context(t), "r1")
	if err != nil || !ok {
		t.Fatalf("get: %v, %v", ok, err)
	}
	if got.Facts != want.Facts || !slices.Equal(got.Signals, want.Signals) || got.Score != 60 || got.Band != want.Band ||
		got.Bands != want.Bands || got.RulesVersion != want.RulesVersion || got.AssessedAt != want.AssessedAt || got.FactsHash != want.FactsHash {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	if _, ok, err := s.Get(testkit.Context(t), "r2"); ok || err != nil {
		t.Fatalf("an unknown referral: %v, %v", ok, err)
	}
}

func firstStays(t *testing.T, s app.Store) {
	insert(t, s, assessment("r1", nil))
	stored, err := s.Insert(testkit.Context(t), assessment("r1", func(a *domain.Assessment) { a.Score = 99 }))
	if err != nil || stored {
		t.Fatalf("second insert: %v, %v", stored, err)
	}
	if got, _, err := s.Get(testkit.Context(t), "r1"); err != nil || got.Score != 0 {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func race(t *testing.T, s app.Store) {
	ctx := testkit.Context(t)
	winners := make([]bool, 20)
	var group sync.WaitGroup
	for i := range winners {
		group.Go(func() {
			stored, err := s.Insert(ctx, assessment("r1", func(a *domain.Assessment) { a.Score = i }))
			if err != nil {
				t.Errorf("racer %d: %v", i, err)
			}
			winners[i] = stored
		})
	}
	group.Wait()
	winner := slices.Index(winners, true)
	got, ok, err := s.Get(ctx, "r1")
	if err != nil || !ok || winner < 0 || got.Score != winner || slices.Contains(winners[winner+1:], true) {
		t.Fatalf("winners %v, stored %+v, %v", winners, got, err)
	}
}

func referrerWindow(t *testing.T, s app.Store) {
	for i, at := range []time.Duration{-domain.VelocityWindow, -domain.VelocityWindow + time.Millisecond, -time.Minute, 0, time.Millisecond} {
		insert(t, s, assessment(fmt.Sprint("r", i), func(a *domain.Assessment) {
			a.Facts.OccurredAt = noon.Add(at)
			if i%2 == 0 {
				a.Facts.Code = "EVEN"
			}
		}))
	}
	insert(t, s, assessment("other-referrer", func(a *domain.Assessment) { a.Facts.ReferrerID = "zoe" }))
	insert(t, s, assessment("other-program", func(a *domain.Assessment) { a.Facts.ProgramID = "q" }))
	f := assessment("new", nil).Facts
	if c := count(t, s, f); c != (domain.Counts{ReferrerReferrals: 3}) {
		t.Fatalf("without code: %+v", c)
	}
	f.Code = "EVEN"
	if c := count(t, s, f); c != (domain.Counts{ReferrerReferrals: 3, CodeReferrals: 1}) {
		t.Fatalf("with code: %+v", c)
	}
}

func limits(t *testing.T, s app.Store) {
	ctx := testkit.Context(t)
	for i := range domain.MaxReferrals + 5 {
		a := assessment(fmt.Sprint("r", i), func(a *domain.Assessment) {
			a.Facts.OccurredAt = noon.Add(-time.Duration(i) * time.Second)
			a.Facts.Device = "d"
		})
		insert(t, s, a)
		if i < domain.MaxPeople+5 {
			if err := s.Sight(ctx, a.Facts.Sighting()); err != nil {
				t.Fatal(err)
			}
		}
	}
	f := assessment("new", func(a *domain.Assessment) { a.Facts.Device = "d" }).Facts
	want := domain.Counts{ReferrerReferrals: domain.MaxReferrals, DevicePeople: domain.MaxPeople, DeviceSignups: domain.MaxPeople}
	if c := count(t, s, f); c != want {
		t.Fatalf("got %+v", c)
	}
}

func sight(t *testing.T, s app.Store, id string, change func(*domain.Facts)) {
	t.Helper()
	f := assessment(id, nil).Facts
	change(&f)
	if err := s.Sight(testkit.Context(t), f.Sighting()); err != nil {
		t.Fatal(err)
	}
}

func people(t *testing.T, s app.Store) {
	sight(t, s, "r1", func(f *domain.Facts) { f.Device, f.Address = "d", "x" })
	sight(t, s, "r2", func(f *domain.Facts) { f.Device, f.OccurredAt = "d", noon.Add(-domain.DeviceWindow) })
	sight(t, s, "r3", func(f *domain.Facts) { f.Address, f.OccurredAt = "x", noon.Add(-domain.VelocityWindow) })
	sight(t, s, "r4", func(f *domain.Facts) { f.Address, f.OccurredAt = "x", noon.Add(-domain.AddressMemory) })
	sight(t, s, "r5", func(f *domain.Facts) { f.Address, f.OccurredAt = "x", noon.Add(time.Minute) })
	sight(t, s, "r6", func(f *domain.Facts) { f.Device, f.ProgramID = "d", "q" })
	sight(t, s, "r7", func(f *domain.Facts) { f.Device, f.Address = "x", "d" })
	f := assessment("new", func(a *domain.Assessment) { a.Facts.Device, a.Facts.Address = "d", "x" }).Facts
	want := domain.Counts{DevicePeople: 2, DeviceSignups: 1, AddressPeople: 3, AddressSignups: 1}
	if c := count(t, s, f); c != want {
		t.Fatalf("got %+v, want %+v", c, want)
	}
	f.Device, f.Address = "", ""
	if c := count(t, s, f); c != (domain.Counts{}) {
		t.Fatalf("unknown device and address: %+v", c)
	}
}

func oneself(t *testing.T, s app.Store) {
	sight(t, s, "r1", func(f *domain.Facts) { f.Device, f.Address, f.RefereeID = "d", "x", "ben" })
	f := assessment("r1", func(a *domain.Assessment) { a.Facts.Device, a.Facts.Address, a.Facts.RefereeID = "d", "x", "ben" }).Facts
	if c := count(t, s, f); c != (domain.Counts{}) {
		t.Fatalf("got %+v", c)
	}
}

func sightedOnce(t *testing.T, s app.Store) {
	sight(t, s, "r1", func(f *domain.Facts) { f.Device = "d" })
	sight(t, s, "r1", func(f *domain.Facts) { f.Device = "d" })
	sight(t, s, "r1", func(f *domain.Facts) { f.Device = "e" })
	for device, want := range map[domain.Fingerprint]int{"d": 1, "e": 0} {
		if c := count(t, s, assessment("new", func(a *domain.Assessment) { a.Facts.Device = device }).Facts); c.DevicePeople != want {
			t.Fatalf("device %s: got %+v", device, c)
		}
	}
}

func pages(t *testing.T, s app.Store) {
	ctx := testkit.Context(t)
	bands := []domain.Band{domain.BandAllow, domain.BandReview, domain.BandBlock}
	for i := range 9 {
		insert(t, s, assessment(fmt.Sprint("r", i), func(a *domain.Assessment) {
			a.AssessedAt, a.Band = noon.Add(time.Duration(i/2)*time.Second), bands[i%3]
		}))
	}
	insert(t, s, assessment("other", func(a *domain.Assessment) { a.Facts.ProgramID = "q" }))
	for band, want := range map[domain.Band]string{
		"": "[r8 r7 r6 r5 r4 r3 r2 r1 r0]", domain.BandAllow: "[r6 r3 r0]", domain.BandReview: "[r7 r4 r1]", domain.BandBlock: "[r8 r5 r2]",
	} {
		var ids []string
		for q := (app.Query{ProgramID: "p", Band: band}); ; {
			list, err := s.List(ctx, q, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range list {
				ids = append(ids, a.Facts.ReferralID)
			}
			if len(list) < 2 {
				break
			}
			q.After = app.PositionOf(list[1])
		}
		if got := fmt.Sprint(ids); got != want {
			t.Errorf("band %q: got %s, want %s", band, got, want)
		}
	}
}
