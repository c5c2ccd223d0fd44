package domain_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

var (
	kolkata   = time.FixedZone("IST", 5*3600+1800)
	redeemDay = time.Date(2026, 3, 1, 18, 30, 0, 0, time.UTC)
)

func redemption(amount int64) domain.Redemption {
	return domain.Redemption{
		RedemptionOrder: domain.RedemptionOrder{ID: "x1", UserID: "ann", Amount: amount, Currency: "INR", Destination: "upi:1"},
		Status:          domain.RedemptionNew, Provider: "file",
	}
}

func TestM7_RequestMovesAvailableToPending(t *testing.T) {
	before := domain.Balances{Held: 7, Available: 5000, Earned: 5007, Counters: &domain.Counters{Programs: []domain.ProgramCounter{{ProgramID: "p"}}}}
	p, err := redemption(2000).Request(before, domain.RedemptionLimits{Daily: 2000}, redeemDay)
	if err != nil {
		t.Fatal(err)
	}
	if p.Source != "user/ann/available" || p.Destination != "user/ann/pending" || p.After.Available != 3000 || p.After.Pending != 2000 ||
		p.After.Earned != 5007 || p.CommandID != "redeem/x1" || p.RedemptionID != "x1" {
		t.Fatalf("got %+v", p)
	}
	if got := p.After.Counters; got.Redeemed.Amount != 2000 || !got.Redeemed.Start.Equal(redeemDay) || len(got.Programs) != 1 {
		t.Fatalf("counters are %+v", got)
	}
	if before.Counters.Redeemed != nil {
		t.Fatal("the counters before were changed")
	}
}

func TestM7_RequestIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		before domain.Balances
		want   error
	}{
		"closed":    {domain.Balances{Available: 5000, Status: domain.AccountClosed}, domain.ErrAccountClosed},
		"frozen":    {domain.Balances{Available: 5000, Status: domain.AccountFrozen}, domain.ErrAccountFrozen},
		"uncovered": {domain.Balances{Held: 5000, Available: 1999, Earned: 6999}, domain.ErrInsufficientFunds},
		"negative":  {domain.Balances{Available: -1}, domain.ErrInsufficientFunds},
		"daily": {domain.Balances{Available: 5000, Counters: &domain.Counters{Redeemed: &domain.Window{Start: redeemDay, Amount: 1001}}},
			domain.ErrDailyLimit},
		"overflow": {domain.Balances{Available: 5000, Pending: math.MaxInt64 - 1}, domain.ErrAmountOverflow},
	} {
		if _, err := redemption(2000).Request(tc.before, domain.RedemptionLimits{Daily: 3000}, redeemDay); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestM7_DailyLimitCountsOneDay(t *testing.T) {
	yesterday := domain.Balances{Available: 5000, Counters: &domain.Counters{Redeemed: &domain.Window{Start: redeemDay.Add(-24 * time.Hour), Amount: 3000}}}
	p, err := redemption(3000).Request(yesterday, domain.RedemptionLimits{Daily: 3000}, redeemDay)
	if err != nil || p.After.Counters.Redeemed.Amount != 3000 {
		t.Fatalf("got %+v, %v", p, err)
	}
}

func TestM7_EndPaysOrGivesBack(t *testing.T) {
	requested, err := redemption(2000).Request(domain.Balances{Available: 5000, Earned: 5000}, domain.RedemptionLimits{}, redeemDay)
	if err != nil {
		t.Fatal(err)
	}
	for status, want := range map[domain.RedemptionStatus]struct {
		kind                         domain.PostingKind
		destination                  string
		available, pending, redeemed int64
	}{
		domain.RedemptionPaid:      {domain.PostingRedemptionPaid, "payout/file", 3000, 0, 2000},
		domain.RedemptionFailed:    {domain.PostingRedemptionFailed, "user/ann/available", 5000, 0, 0},
		domain.RedemptionCancelled: {domain.PostingRedemptionCancelled, "user/ann/available", 5000, 0, 0},
	} {
		r := redemption(2000)
		r.Status, r.Reason = status, "WHY"
		p, err := r.End(requested.After, requested)
		if err != nil || p.Kind != want.kind || p.Source != "user/ann/pending" || p.Destination != want.destination || p.CommandID != "settle/redeem/x1" ||
			p.After.Available != want.available || p.After.Pending != want.pending || p.After.Counters.Redeemed.Amount != want.redeemed {
			t.Errorf("%s: got %+v, %v", status, p, err)
		}
	}
	if requested.After.Counters.Redeemed.Amount != 2000 {
		t.Error("the counters before were changed")
	}
	if _, err := redemption(2000).End(requested.After, requested); err == nil {
		t.Error("a redemption ended that is not settled")
	}
}

func TestM7_WhatComesBackPaysOffWhatIsOwed(t *testing.T) {
	requested, err := redemption(2000).Request(domain.Balances{Available: 2000}, domain.RedemptionLimits{}, redeemDay)
	if err != nil {
		t.Fatal(err)
	}
	r := redemption(2000)
	r.Status = domain.RedemptionFailed
	now := requested.After
	now.Owed = 500
	p, err := r.End(now, requested)
	if err != nil || p.OwedPart != 500 || p.After.Owed != 0 || p.After.Available != 1500 {
		t.Fatalf("got %+v, %v", p, err)
	}
}

func TestM7_GivingBackCountsForItsOwnDayOnly(t *testing.T) {
	requested, err := redemption(2000).Request(domain.Balances{Available: 5000}, domain.RedemptionLimits{}, redeemDay)
	if err != nil {
		t.Fatal(err)
	}
	nextDay := requested.After
	nextDay.Counters = &domain.Counters{Redeemed: &domain.Window{Start: redeemDay.Add(24 * time.Hour), Amount: 700}}
	r := redemption(2000)
	r.Status = domain.RedemptionFailed
	p, err := r.End(nextDay, requested)
	if err != nil || p.After.Counters.Redeemed.Amount != 700 {
		t.Fatalf("got %+v, %v", p.After.Counters, err)
	}
}

func TestM7_RedemptionMovesOneWay(t *testing.T) {
	const none = domain.RedemptionStatus("")
	type end struct {
		status domain.RedemptionStatus
		err    error
	}
	states := []domain.RedemptionStatus{domain.RedemptionRequested, domain.RedemptionSubmitted, domain.RedemptionPaid, domain.RedemptionFailed, domain.RedemptionCancelled}
	for _, outcome := range states[2:] {
		for _, from := range states {
			want := end{outcome, nil}
			switch {
			case from == outcome:
			case from.Settled():
				want = end{from, domain.ErrRedemptionSettled}
			case outcome == domain.RedemptionCancelled && from == domain.RedemptionSubmitted:
				want = end{from, domain.ErrRedemptionSubmitted}
			case outcome != domain.RedemptionCancelled && from == domain.RedemptionRequested:
				want = end{from, domain.ErrRedemptionNotSubmitted}
			}
			r := redemption(1)
			r.Status = from
			changed, err := r.Settle(domain.RedemptionOutcome{Status: outcome}, redeemDay)
			if r.Status != want.status || !errors.Is(err, want.err) || changed != (err == nil && from != outcome) {
				t.Errorf("%s to %s: got %s, %v, %v", from, outcome, r.Status, changed, err)
			}
		}
	}
	for _, from := range append(states, domain.RedemptionNew, domain.RedemptionDropped, none) {
		r := redemption(1)
		r.Status = from
		if err := r.Submit("http", redeemDay); (err == nil) != from.Open() || (err == nil) != (r.Status == domain.RedemptionSubmitted && r.Attempts == 1) {
			t.Errorf("submit from %s: got %+v, %v", from, r, err)
		}
	}
}

func TestM7_ProviderStaysOnceItMayHaveTheRedemption(t *testing.T) {
	r := redemption(1)
	r.Reserved(redeemDay)
	first := r.Submit("http", redeemDay)
	again := r.Submit("another", redeemDay.Add(time.Hour))
	if first != nil || again != nil || r.Provider != "http" || r.Attempts != 2 || !r.SubmittedAt.Equal(redeemDay) {
		t.Fatalf("got %+v, %v, %v", r, first, again)
	}
}

func TestRedemptionLimits_AreReadAndChecked(t *testing.T) {
	table, err := domain.ParseRedemptionLimits(" INR:min=100,max=500,daily=900; *:max=7 ;")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		currency string
		amount   int64
		want     error
	}{
		{"INR", 99, domain.ErrAmountTooSmall}, {"INR", 100, nil}, {"INR", 500, nil}, {"INR", 501, domain.ErrAmountTooLarge},
		{"USD", 1, nil}, {"USD", 8, domain.ErrAmountTooLarge},
	} {
		if err := table.For(tc.currency).Check(tc.amount, tc.currency); !errors.Is(err, tc.want) {
			t.Errorf("%d %s: got %v", tc.amount, tc.currency, err)
		}
	}
	for _, bad := range []string{"inr:min=1", "INR", "INR:", "INR:min", "INR:min=-1", "INR:min=x", "INR:least=1", "INR:min=1,min=2",
		"INR:min=2,max=1", "INR:min=2,daily=1", "INR:min=1;INR:max=2", "INR:max=1000000000001"} {
		if _, err := domain.ParseRedemptionLimits(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzParseRedemptionLimits(f *testing.F) {
	f.Add("INR:min=100,max=500,daily=900;*:max=7")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := domain.ParseRedemptionLimits(text)
		if err != nil {
			return
		}
		for currency, l := range table {
			if l.Min < 0 || l.Max < 0 || l.Daily < 0 || l.Max > 0 && l.Max < l.Min {
				t.Fatalf("%q gave %s %+v", text, currency, l)
			}
		}
	})
}

func TestDayStart_FollowsTheZone(t *testing.T) {
	if got := domain.DayStart(time.Date(2026, 3, 1, 18, 29, 59, 0, time.UTC), kolkata); !got.Equal(redeemDay.Add(-24 * time.Hour)) {
		t.Errorf("got %s", got)
	}
	if got := domain.DayStart(redeemDay, kolkata); !got.Equal(redeemDay) {
		t.Errorf("got %s", got)
	}
}
