// Package storetest holds the contract of the tier service: what the use cases promise, whatever stores are below them. It
// runs against every adapter, and the rules are named as in the documentation.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/tier/internal/app"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// Stores are what the use cases work on.
type Stores struct {
	Progress chain.Store[domain.Line]
	Ladders  app.Ladders
}

// Open returns empty stores that end with the test.
type Open func(testing.TB) Stores

// Run runs the contract against stores.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Open){
		"T1_LadderNeverChanges":           T1LadderNeverChanges,
		"T1_LatestLadderIsTheHighest":     T1LatestLadderIsTheHighest,
		"T1_OneLadderWinsARace":           T1OneLadderWinsARace,
		"T2_CrossingPaysTheTierBefore":    T2CrossingPaysTheTierBefore,
		"T2_RaceOfCompletionsPaysOnce":    T2RaceOfCompletionsPaysOnce,
		"T3_CompletionIsCountedOnce":      T3CompletionIsCountedOnce,
		"T3_ReferralCountsForOnePerson":   T3ReferralCountsForOnePerson,
		"T3_CrashBetweenStepsIsFinished":  T3CrashBetweenStepsIsFinished,
		"T3_ReversalIsExecutedOnce":       T3ReversalIsExecutedOnce,
		"T3_ReversalFollowsItsOwnVersion": T3ReversalFollowsItsOwnVersion,
		"MembersAreCountedByTier":         MembersAreCountedByTier,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

// noon is when every test begins.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// members is a tier service under test.
type members struct {
	*app.Members
	clock *clock.Fake
	log   *chain.Log[domain.Line]
}

// impatient is a clock that never waits, so that pauses between attempts take no time.
type impatient struct{ *clock.Fake }

// NewTimer fires at once.
func (c impatient) NewTimer(time.Duration) clock.Timer { return c.Fake.NewTimer(0) }

// on returns the use cases on stores, as a process of its own.
func on(t testing.TB, stores Stores, fake *clock.Fake) members {
	t.Helper()
	log := chain.New(stores.Progress, chain.Options{Clock: impatient{fake}, Name: "tier.test"})
	t.Cleanup(func() {
		if err := log.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("close the log: %v", err)
		}
	})
	return members{Members: app.NewMembers(log, stores.Ladders, fake), clock: fake, log: log}
}

// start returns the use cases on empty stores, with version 1 of the ladder of p1.
func start(t testing.TB, open Open) members {
	t.Helper()
	m := on(t, open(t), clock.NewFake(noon))
	m.put(t, ladder(1))
	return m
}

// ladder is the ladder of p1 in a version.
func ladder(version int64) domain.Ladder {
	return domain.Ladder{ProgramID: "p1", Version: version, Policy: domain.FraudOnly, Tiers: []domain.Tier{
		{Name: "STARTER", Reward: 5000},
		{Name: "PRO", Threshold: 5, Reward: 10000, Bonus: 20000},
		{Name: "ELITE", Threshold: 10, Reward: 15000, Bonus: 50000, Premium: true},
	}}
}

// completion counts referral n for ann.
func completion(n int) app.Completion {
	referral := fmt.Sprintf("r%d", n)
	return app.Completion{ID: domain.CompletionID("p1", referral), ProgramID: "p1", Version: 1, ReferralID: referral, UserID: "ann"}
}

// reversal takes referral n of ann out of the count.
func reversal(n int) app.Reversal {
	referral := fmt.Sprintf("r%d", n)
	return app.Reversal{ID: domain.ReversalID("p1", referral), ProgramID: "p1", ReferralID: referral, UserID: "ann"}
}

func (m members) put(t testing.TB, l domain.Ladder) {
	t.Helper()
	if err := m.PutLadder(t.Context(), l); err != nil {
		t.Fatalf("put version %d: %v", l.Version, err)
	}
}

func (m members) record(t testing.TB, c app.Completion) app.Recorded {
	t.Helper()
	r, err := m.RecordCompletion(t.Context(), c)
	if err != nil {
		t.Fatalf("record %s: %v", c.ID, err)
	}
	return r
}

func (m members) reverse(t testing.TB, r app.Reversal) app.Recorded {
	t.Helper()
	recorded, err := m.ReverseCompletion(t.Context(), r)
	if err != nil {
		t.Fatalf("reverse %s: %v", r.ID, err)
	}
	return recorded
}

// wantMember fails unless a person stands as told.
func (m members) wantMember(t testing.TB, user, tier string, completed int64) {
	t.Helper()
	p, err := m.Member(t.Context(), "p1", user)
	if err != nil || p.Standing.Tier != tier || p.Member.Completed != completed {
		t.Fatalf("%s stands at %+v, %v; want %s with %d", user, p, err, tier, completed)
	}
}

func wantRefusal(t testing.TB, err error, code errs.Code, reason string) {
	t.Helper()
	if errs.CodeOf(err) != code || errs.Reason(err) != reason {
		t.Fatalf("got %v, want %s", err, reason)
	}
}
