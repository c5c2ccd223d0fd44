package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
)

// counting counts the calls of a store.
type counting struct {
	chain.Store[domain.Line]
	reads, inserts, documents atomic.Int64
}

func (c *counting) Insert(ctx context.Context, entries []*chain.Entry[domain.Line]) (int, error) {
	c.inserts.Add(1)
	c.documents.Add(int64(len(entries)))
	return c.Store.Insert(ctx, entries)
}

func (c *counting) Head(ctx context.Context, key string) (*chain.Entry[domain.Line], error) {
	c.reads.Add(1)
	return c.Store.Head(ctx, key)
}

func (c *counting) Heads(ctx context.Context, keys []string) ([]*chain.Entry[domain.Line], error) {
	c.reads.Add(1)
	return c.Store.Heads(ctx, keys)
}

func (c *counting) Find(ctx context.Context, key, commandID string) (*chain.Entry[domain.Line], error) {
	c.reads.Add(1)
	return c.Store.Find(ctx, key, commandID)
}

func (c *counting) Range(ctx context.Context, key string, page chain.Page) ([]*chain.Entry[domain.Line], error) {
	c.reads.Add(1)
	return c.Store.Range(ctx, key, page)
}

// take returns what was counted since the last time.
func (c *counting) take() [3]int64 {
	return [3]int64{c.reads.Swap(0), c.inserts.Swap(0), c.documents.Swap(0)}
}

func TestM6_LimitsCostNothingWhereNothingIsShort(t *testing.T) {
	store := &counting{Store: memstore.New()}
	fake := clock.NewFake(time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC))
	log := chain.New[domain.Line](store, chain.Options{Clock: fake})
	defer func() {
		if err := log.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	ledger := app.NewLedger(log, fake, app.WithQueue(memstore.NewQueue()), app.WithLogger(slog.New(slog.DiscardHandler)))
	issued := 0
	// issue issues rewards to one person until every stripe is known, then counts what more cost.
	issue := func(count bool) {
		t.Helper()
		for range 60 {
			issued++
			_, err := ledger.Issue(t.Context(), domain.Reward{
				ID: fmt.Sprintf("reward/p1/r%d/completed/REFERRER", issued), ProgramID: "p1", ReferralID: fmt.Sprintf("r%d", issued),
				Beneficiary: "ann", Side: domain.SideReferrer, Kind: domain.KindReferral, Amount: 100, Currency: "INR",
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := store.take(); count && got != [3]int64{0, 1, 2} {
				t.Fatalf("reward %d took %d reads and %d inserts of %d documents, want 0, 1 and 2", issued, got[0], got[1], got[2])
			}
		}
	}
	issue(false)
	issue(true) // without rules
	for _, limits := range [][]domain.Limit{
		{}, // rules without limits
		{{Scope: domain.ScopeReferrer, Period: domain.PeriodDay, Amount: 1_000_000}},
		{{Scope: domain.ScopeProgram, Period: domain.PeriodDay, Amount: 1_000_000_000}, {Scope: domain.ScopeReferrer, Period: domain.PeriodTotal, Amount: 1_000_000}},
	} {
		if _, err := ledger.SetBudget(t.Context(), "p1", "INR", domain.Rules{Limits: limits}); err != nil {
			t.Fatal(err)
		}
		issue(false)
		issue(true)
	}
	// A reward that is refused writes nothing.
	if _, err := ledger.SetBudget(t.Context(), "p1", "INR", domain.Rules{Limits: []domain.Limit{{Scope: domain.ScopeProgram, Period: domain.PeriodTotal}}}); err != nil {
		t.Fatal(err)
	}
	store.take()
	for n := range 20 {
		_, err := ledger.Issue(t.Context(), domain.Reward{
			ID: fmt.Sprintf("reward/p1/x%d/completed/REFERRER", n), ProgramID: "p1", ReferralID: fmt.Sprintf("x%d", n),
			Beneficiary: "ann", Side: domain.SideReferrer, Kind: domain.KindReferral, Amount: 100, Currency: "INR",
		})
		if err == nil {
			t.Fatal("a reward was paid out of nothing")
		}
		if got := store.take(); got[2] != 0 || got[0] > 20 {
			t.Fatalf("a refusal took %d reads and wrote %d documents", got[0], got[2])
		}
	}
}
