package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/memchain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
	"github.com/refersuite/refersuite/services/referral/internal/memstore"
	"github.com/refersuite/refersuite/services/referral/internal/ottercache"
	"github.com/refersuite/refersuite/services/referral/internal/partnertest"
)

const programID = "diwali"

var start = time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)

// suite is the service on memory, with stand-ins for the others. Commands wait in the outbox until deliver is called.
type suite struct {
	t         testing.TB
	clock     *clock.Fake
	partners  *partnertest.Partners
	store     *memstore.Referrals
	claims    *memstore.Claims
	programs  *app.Programs
	codes     *app.Codes
	referrals *app.Referrals
	loop      *outbox.Loop[*app.Aggregate]
	tokens    idgen.Source
}

func newSuite(t testing.TB) *suite {
	t.Helper()
	s := &suite{t: t, clock: clock.NewFake(start), tokens: idgen.Sequence("token"), store: memstore.NewReferrals(), claims: memstore.NewClaims()}
	s.partners = partnertest.New(s.clock)
	log := chain.New(memchain.New[domain.Terms](), chain.Options{Clock: s.clock})
	t.Cleanup(func() {
		if err := log.Close(context.Background()); err != nil {
			t.Errorf("close the log: %v", err)
		}
	})
	editions := ottercache.NewEditions(log)
	s.programs = &app.Programs{Drafts: memstore.NewPrograms(), Editions: editions, Tiers: s.partners, Clock: s.clock}
	s.codes = &app.Codes{Store: memstore.NewCodes(), Programs: s.programs, Random: rand.NewChaCha8([32]byte{1}), Clock: s.clock}
	s.referrals = &app.Referrals{Store: s.store, Claims: s.claims, Codes: s.codes, Programs: s.programs, Fraud: s.partners,
		IDs: idgen.Sequence("r"), Clock: s.clock}
	d := &app.Delivery{Store: s.store, Editions: editions, Tiers: s.partners, Wallet: s.partners, Scores: s.partners,
		Fraud: s.partners, Logger: slog.New(slog.DiscardHandler)}
	s.loop = &outbox.Loop[*app.Aggregate]{Load: d.Load, Save: d.Save, Box: d.Box, Send: d.Send, Apply: d.Apply, Clock: s.clock,
		Backoff: outbox.Backoff{Jitter: func() float64 { return 0 }}}
	return s
}

// publish creates and publishes the programme with the given changes to the default terms.
func (s *suite) publish(changes ...func(*domain.Terms)) *suite {
	s.t.Helper()
	terms := domain.DefaultTerms()
	for _, change := range changes {
		change(&terms)
	}
	if _, _, err := s.programs.Create(s.t.Context(), domain.Program{ID: programID, Name: "Diwali", Terms: terms}); err != nil {
		s.t.Fatalf("create: %v", err)
	}
	if _, _, err := s.programs.Publish(s.t.Context(), programID, nil); err != nil {
		s.t.Fatalf("publish: %v", err)
	}
	return s
}

func noHold(t *domain.Terms) { t.HoldPeriod = 0 }
func window(d time.Duration) func(*domain.Terms) {
	return func(t *domain.Terms) { t.QualificationWindow = d }
}
func stageReward(stage domain.Status, side domain.Side, amount int64) func(*domain.Terms) {
	return func(t *domain.Terms) {
		t.StageRewards = append(t.StageRewards, domain.StageReward{Stage: stage, Side: side, AmountMinor: amount})
	}
}

func (s *suite) refer(referrer, referee string) *app.Aggregate {
	s.t.Helper()
	a, _, err := s.referrals.Create(s.t.Context(), app.Invitation{ProgramID: programID, ReferrerID: referrer, RefereeID: referee})
	if err != nil {
		s.t.Fatalf("refer %s: %v", referee, err)
	}
	return a
}

func (s *suite) record(referralID string, e domain.Event) (*app.Aggregate, bool, error) {
	return s.referrals.RecordEvent(s.t.Context(), app.Target{ReferralID: referralID}, e)
}

func (s *suite) event(referralID string, kind domain.EventType) *app.Aggregate {
	s.t.Helper()
	a, _, err := s.record(referralID, domain.Event{ID: string(kind), Type: kind, By: "backend"})
	if err != nil {
		s.t.Fatalf("%s of %s: %v", kind, referralID, err)
	}
	return a
}

// complete drives a new referral through all events.
func (s *suite) complete(referrer, referee string) string {
	s.t.Helper()
	id := s.refer(referrer, referee).ID
	for _, kind := range []domain.EventType{domain.Signup, domain.Activity, domain.Purchase} {
		s.event(id, kind)
	}
	return id
}

func (s *suite) get(id string) *app.Aggregate {
	s.t.Helper()
	a, err := s.referrals.Get(s.t.Context(), id)
	if err != nil {
		s.t.Fatalf("get %s: %v", id, err)
	}
	return a
}

// deliver runs everything that is due now, as a relay would.
func (s *suite) deliver() {
	s.t.Helper()
	for range 1000 {
		leases, err := s.store.Lease(s.t.Context(), s.clock.Now(), time.Minute, s.tokens.NewID(), 100)
		if err != nil {
			s.t.Fatalf("lease: %v", err)
		}
		if len(leases) == 0 {
			return
		}
		for _, l := range leases {
			if err := s.loop.Deliver(s.t.Context(), l); err != nil {
				s.t.Fatalf("deliver %s: %v", l.AggregateID, err)
			}
		}
	}
	s.t.Fatal("the outbox never runs dry")
}

func rewardID(referralID, trigger string, side domain.Side) string {
	return fmt.Sprintf("reward/%s/%s/%s/%s", programID, referralID, trigger, side)
}

func (s *suite) wantBalance(user string, want int64) {
	s.t.Helper()
	if got := s.partners.Balance(user); got != want {
		s.t.Errorf("balance of %s is %d, want %d", user, got, want)
	}
}

func wantReason(t testing.TB, err error, reason string) {
	t.Helper()
	if got := reasonOf(err); got != reason {
		t.Errorf("reason is %q (%v), want %q", got, err, reason)
	}
}

func judgeReview(app.Assessment) (domain.Band, error) { return domain.NeedsReview, nil }

func targetOf(referralID, refereeID string) app.Target {
	return app.Target{ReferralID: referralID, ProgramID: programID, RefereeID: refereeID}
}
