package app_test

import (
	"context"
	"testing"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
)

func TestM8_BudgetLineOfAQueuedRewardIsNoFinding(t *testing.T) {
	fake := clock.NewFake(noon)
	log := chain.New(memstore.New(), chain.Options{Clock: fake})
	defer func() {
		if err := log.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	r := domain.Reward{
		ID: "reward/p1/r1/completed/REFERRER", ProgramID: "p1", ReferralID: "r1", Beneficiary: "ann",
		Side: domain.SideReferrer, Kind: domain.KindReferral, Amount: 5000, Currency: "INR",
	}
	_, err := log.Append(t.Context(), chain.Append[domain.Line]{
		Key: domain.BudgetKey("p1", "INR", r.ID), Command: command.New(r.ID, "test.count.v1"),
		Step: func(*chain.Entry[domain.Line]) (domain.Line, error) {
			line, err := domain.Count(domain.BudgetLine{}, r, noon)
			return domain.Line{Budget: &line}, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	queue := memstore.NewQueue()
	auditor := app.Auditor{Log: log, Clock: fake, Queue: queue}
	alone, err := auditor.Reconcile(t.Context())
	if err != nil || alone.FindingCounts[domain.FindingUnmatchedCommand] != 1 || alone.FindingCounts[domain.FindingBudgetDrift] != 1 {
		t.Fatalf("found %+v, %v", alone, err)
	}
	if err := queue.Put(t.Context(), app.QueuedReward{Reward: r, QueuedAt: noon}); err != nil {
		t.Fatal(err)
	}
	if queued, err := auditor.Reconcile(t.Context()); err != nil || !queued.Verified() {
		t.Fatalf("found %+v, %v", queued, err)
	}
}
