// Package storetest is the contract of the referral service's stores, run against every adapter.
package storetest

import (
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Stores are the adapters under test, empty.
type Stores struct {
	Referrals app.ReferralStore
	Claims    app.ClaimStore
	Codes     app.CodeStore
	Programs  app.ProgramStore
	Outbox    outbox.Source
}

// racers is how many goroutines race.
const racers = 20

var start = time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)

// Run checks the contract on fresh stores for each part.
func Run(t *testing.T, open func(t *testing.T) Stores) {
	for name, part := range map[string]func(*testing.T, Stores){
		"ReferralRoundTrip":   referralRoundTrip,
		"ReferralInsertOnce":  referralInsertOnce,
		"ReferralSaveRace":    referralSaveRace,
		"ReferralList":        referralList,
		"ReferralListMoving":  referralListWhileMoving,
		"ReferralCounts":      referralCounts,
		"ReferralSweep":       referralSweep,
		"ReferralOutbox":      referralOutbox,
		"ClaimOnce":           claimOnce,
		"ClaimRace":           claimRace,
		"ClaimRelease":        claimRelease,
		"CodeOnceForEver":     codeOnceForEver,
		"CodeRace":            codeRace,
		"CodeCount":           codeCount,
		"ProgramOnce":         programOnce,
		"ProgramListKeyset":   programList,
		"UnknownKeysNotFound": unknownKeys,
	} {
		t.Run(name, func(t *testing.T) { part(t, open(t)) })
	}
}

// referral returns a new aggregate created i minutes after start.
func referral(id, referrer string, i int) *app.Aggregate {
	at := start.Add(time.Duration(i) * time.Minute)
	claim := domain.Claim{ProgramID: "p", RefereeID: "referee-" + id, ReferrerID: referrer, ReferralID: id, CreatedAt: at}
	edition := domain.Edition{ProgramID: "p", Version: 1, Terms: domain.DefaultTerms()}
	r, _ := domain.Create(claim, "CODE", edition, domain.Cleared, domain.Facts{})
	return &app.Aggregate{Referral: r, Version: 1, SweepAt: r.SweepAt(edition.Terms)}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
