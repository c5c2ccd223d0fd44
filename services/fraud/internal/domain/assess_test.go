package domain

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func facts() Facts {
	return Facts{
		ReferralID: "r1", ProgramID: "p", ReferrerID: "ann", RefereeID: "ben", Code: "ANN10000", OccurredAt: noon,
		Device: "d1", Address: "a1", ReferrerDevice: "d0", ReferrerAddress: "a0",
	}
}

func TestF1_ScoreAndBandFollowFromTheSignals(t *testing.T) {
	same := func(change func(*Facts)) Facts {
		f := facts()
		change(&f)
		return f
	}
	tests := map[string]struct {
		facts  Facts
		counts Counts
		score  int
		band   Band
		names  string
	}{
		"nothing to see":            {facts(), Counts{}, 0, BandAllow, ""},
		"invited oneself":           {same(func(f *Facts) { f.RefereeID = "ann" }), Counts{}, 100, BandBlock, "SELF_REFERRAL"},
		"device of the referrer":    {same(func(f *Facts) { f.Device = "d0" }), Counts{}, 60, BandReview, "SHARED_DEVICE"},
		"device of another":         {facts(), Counts{DevicePeople: 1, DeviceSignups: 1}, 50, BandReview, "SHARED_DEVICE"},
		"device of a farm":          {facts(), Counts{DevicePeople: 5, DeviceSignups: 5}, 100, BandBlock, "SHARED_DEVICE VELOCITY"},
		"device and home of a pair": {same(func(f *Facts) { f.Device, f.Address = "d0", "a0" }), Counts{}, 75, BandReview, "SHARED_DEVICE SHARED_ADDRESS"},
		"address of the referrer":   {same(func(f *Facts) { f.Address = "a0" }), Counts{}, 15, BandAllow, "SHARED_ADDRESS"},
		"a busy referrer":           {facts(), Counts{ReferrerReferrals: 50, CodeReferrals: 20}, 15, BandAllow, "VELOCITY"},
		"busy, and many at one address": {
			facts(), Counts{ReferrerReferrals: MaxReferrals, AddressPeople: MaxPeople}, 55, BandReview, "SHARED_ADDRESS VELOCITY",
		},
		"busy, and one other at the address": {
			facts(), Counts{ReferrerReferrals: MaxReferrals, AddressPeople: 1}, 35, BandAllow, "VELOCITY SHARED_ADDRESS",
		},
		"unknown device and address": {
			same(func(f *Facts) { f.Device, f.Address, f.ReferrerDevice, f.ReferrerAddress = "", "", "", "" }), Counts{}, 0, BandAllow, "",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := Assess(test.facts, test.counts, DefaultBands(), noon)
			var names []string
			for _, s := range got.Signals {
				names = append(names, string(s.Name))
				if s.Evidence == "" {
					t.Errorf("%s has no evidence", s.Name)
				}
			}
			if got.Score != test.score || got.Band != test.band || strings.Join(names, " ") != test.names {
				t.Fatalf("got %d %s %v", got.Score, got.Band, names)
			}
			if got.RulesVersion != RulesVersion || !got.AssessedAt.Equal(noon) {
				t.Fatalf("got %+v", got)
			}
		})
	}
}

func TestF2_OneSharedAddressNeverReachesReview(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := facts()
		if rapid.Bool().Draw(t, "referrer's address") {
			f.ReferrerAddress = f.Address
		}
		bands := drawBands(t)
		counts := Counts{
			AddressPeople: rapid.IntRange(0, MaxPeople).Draw(t, "people"), AddressSignups: rapid.IntRange(0, MaxPeople).Draw(t, "signups"),
		}
		if got := Assess(f, counts, bands, noon); got.Band != BandAllow {
			t.Fatalf("%+v under %+v gives %d %s", counts, bands, got.Score, got.Band)
		}
	})
}

func TestF2_VelocityAloneNeverReachesReview(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bands := drawBands(t)
		counts := Counts{
			ReferrerReferrals: rapid.IntRange(0, MaxReferrals).Draw(t, "referrals"), CodeReferrals: rapid.IntRange(0, MaxReferrals).Draw(t, "code"),
		}
		if got := Assess(facts(), counts, bands, noon); got.Band != BandAllow {
			t.Fatalf("%+v under %+v gives %d %s", counts, bands, got.Score, got.Band)
		}
	})
}

func TestF1_ScoreStaysInItsRangeAndGrowsWithWhatIsSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(limit int, name string) int { return rapid.IntRange(0, limit).Draw(t, name) }
		c := Counts{
			ReferrerReferrals: draw(MaxReferrals, "referrals"), CodeReferrals: draw(MaxReferrals, "code"),
			DevicePeople: draw(MaxPeople, "device"), DeviceSignups: draw(MaxPeople, "device now"),
			AddressPeople: draw(MaxPeople, "address"), AddressSignups: draw(MaxPeople, "address now"),
		}
		f := facts()
		bands := drawBands(t)
		got := Assess(f, c, bands, noon)
		if got.Score < 0 || got.Score > MaxScore || got.Band != bands.Of(got.Score) {
			t.Fatalf("got %d %s", got.Score, got.Band)
		}
		for i := 1; i < len(got.Signals); i++ {
			if got.Signals[i-1].Points < got.Signals[i].Points {
				t.Fatalf("signals are not strongest first: %+v", got.Signals)
			}
		}
		more := c
		more.DevicePeople = min(c.DevicePeople+1, MaxPeople)
		if after := Assess(f, more, bands, noon); after.Score < got.Score {
			t.Fatalf("one more person on the device lowers %d to %d", got.Score, after.Score)
		}
	})
}

func drawBands(t *rapid.T) Bands {
	block := rapid.IntRange(2, MaxScore).Draw(t, "block")
	return Bands{Review: rapid.IntRange(1, block-1).Draw(t, "review"), Block: block}
}

func TestF1_BandsAreOrdered(t *testing.T) {
	for _, b := range []Bands{{0, 80}, {80, 80}, {90, 80}, {40, 101}, {-1, 0}} {
		if b.Validate() == nil {
			t.Errorf("%+v is accepted", b)
		}
	}
	b := DefaultBands()
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	for score, want := range map[int]Band{0: BandAllow, 39: BandAllow, 40: BandReview, 79: BandReview, 80: BandBlock, 100: BandBlock} {
		if got := b.Of(score); got != want {
			t.Errorf("%d is %s, want %s", score, got, want)
		}
	}
}

func TestEvidence_CarriesNoPersonalData(t *testing.T) {
	f := facts()
	f.ReferrerDevice, f.ReferrerAddress, f.RefereeID = f.Device, f.Address, f.ReferrerID
	got := Assess(f, Counts{100, 100, 25, 25, 25, 25}, DefaultBands(), noon)
	for _, s := range got.Signals {
		for _, secret := range []string{"ann", "ben", "d1", "a1", f.Code} {
			if strings.Contains(s.Evidence, secret) {
				t.Errorf("evidence of %s tells %q: %s", s.Name, secret, s.Evidence)
			}
		}
	}
}
