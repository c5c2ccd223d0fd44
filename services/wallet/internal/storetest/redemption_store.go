package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// RedemptionStore is an app.RedemptionStore and the outbox.Source over it.
type RedemptionStore interface {
	app.RedemptionStore
	outbox.Source
}

// RunRedemptionStore runs the contract of app.RedemptionStore. Each call of open returns an empty store.
func RunRedemptionStore(t *testing.T, open func(testing.TB) RedemptionStore) {
	for name, test := range map[string]func(*testing.T, RedemptionStore){
		"RoundTrip":         redemptionRoundTrip,
		"InsertOnce":        redemptionInsertOnce,
		"InsertRace":        redemptionInsertRace,
		"SaveRace":          redemptionSaveRace,
		"ListNewestFirst":   redemptionList,
		"UnlistedAreHidden": redemptionUnlisted,
		"OldestOpen":        redemptionOldestOpen,
		"WalkByID":          redemptionWalk,
		"LeasedForDelivery": redemptionLease,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// document returns a redemption of a person that was requested some minutes after noon.
func document(id, user string, minutes int, status domain.RedemptionStatus) *app.RedemptionDocument {
	d := &app.RedemptionDocument{Version: 1, Ticket: 1, UpdatedAt: noon, Redemption: domain.Redemption{
		RedemptionOrder: domain.RedemptionOrder{ID: id, UserID: user, Amount: 5000, Currency: "INR", Destination: "upi:1"},
		Status:          status, Provider: "file",
	}}
	if status.Listed() {
		d.RequestedAt = noon.Add(time.Duration(minutes) * time.Minute)
	}
	return d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func redemptionRoundTrip(t *testing.T, s RedemptionStore) {
	d := document("x1", "ann", 1, domain.RedemptionFailed)
	d.Reference, d.Reason, d.Actor, d.TraceID, d.Attempts, d.Ticket = "ref", "NO", "root", "0af7651916cd43dd8448eb211c80319c", 3, 2
	d.SubmittedAt, d.SettledAt = noon.Add(2*time.Minute), noon.Add(3*time.Minute)
	d.Outbox.Add(outbox.Message{ID: "m", Kind: "k", CreatedAt: noon, NotBefore: noon.Add(time.Hour), Trace: "00-1"})
	must(t, s.Insert(t.Context(), d))
	got, err := s.Get(t.Context(), "x1")
	must(t, err)
	if !reflect.DeepEqual(got, d) {
		t.Fatalf("got  %+v\nwant %+v", got, d)
	}
	got.Outbox.Messages[0].Kind, got.Version, got.Status = "other", 2, domain.RedemptionPaid
	if again, err := s.Get(t.Context(), "x1"); err != nil || !reflect.DeepEqual(again, d) {
		t.Fatalf("a copy changed the store: %+v, %v", again, err)
	}
	must(t, s.Save(t.Context(), got))
	if again, err := s.Get(t.Context(), "x1"); err != nil || !reflect.DeepEqual(again, got) {
		t.Fatalf("saved %+v, %v", again, err)
	}
}

func redemptionInsertOnce(t *testing.T, s RedemptionStore) {
	if _, err := s.Get(t.Context(), "x1"); !errors.Is(err, app.ErrNoRedemption) {
		t.Fatalf("got %v", err)
	}
	if err := s.Save(t.Context(), document("x1", "ann", 0, domain.RedemptionNew)); !errors.Is(err, outbox.ErrConflict) {
		t.Fatalf("saved what is not there: %v", err)
	}
	must(t, s.Insert(t.Context(), document("x1", "ann", 0, domain.RedemptionNew)))
	if err := s.Insert(t.Context(), document("x1", "bob", 0, domain.RedemptionNew)); !errors.Is(err, app.ErrRedemptionExists) {
		t.Fatalf("got %v", err)
	}
	if d, err := s.Get(t.Context(), "x1"); err != nil || d.UserID != "ann" {
		t.Fatalf("got %+v, %v", d, err)
	}
}

// raceOf20 runs something in 20 goroutines and returns how many succeeded; the others must have got the error.
func raceOf20(t *testing.T, refusal error, act func(ctx context.Context, n int) error) int {
	t.Helper()
	var wait sync.WaitGroup
	var won atomic.Int64
	for n := range 20 {
		wait.Go(func() {
			switch err := act(t.Context(), n); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, refusal):
				t.Errorf("racer %d: %v", n, err)
			}
		})
	}
	wait.Wait()
	return int(won.Load())
}

func redemptionInsertRace(t *testing.T, s RedemptionStore) {
	won := raceOf20(t, app.ErrRedemptionExists, func(ctx context.Context, n int) error {
		return s.Insert(ctx, document("x1", fmt.Sprint("u", n), 0, domain.RedemptionNew))
	})
	if won != 1 {
		t.Fatalf("%d inserted one id", won)
	}
}

func redemptionSaveRace(t *testing.T, s RedemptionStore) {
	must(t, s.Insert(t.Context(), document("x1", "ann", 0, domain.RedemptionRequested)))
	won := raceOf20(t, outbox.ErrConflict, func(ctx context.Context, n int) error {
		d, err := s.Get(ctx, "x1")
		if err != nil {
			return err
		}
		d.Version, d.Attempts = 2, n
		return s.Save(ctx, d)
	})
	if won != 1 {
		t.Fatalf("%d replaced one version", won)
	}
}

func redemptionList(t *testing.T, s RedemptionStore) {
	statuses := []domain.RedemptionStatus{domain.RedemptionRequested, domain.RedemptionSubmitted, domain.RedemptionPaid}
	for i, id := range []string{"e", "a", "g", "c", "f", "b", "d"} {
		must(t, s.Insert(t.Context(), document(id, []string{"ann", "bob"}[i/5], i/2, statuses[i%3])))
	}
	for _, tc := range []struct {
		query app.RedemptionQuery
		want  string
	}{
		{app.RedemptionQuery{}, "[d f b g c e a]"},
		{app.RedemptionQuery{UserID: "ann"}, "[f g c e a]"},
		{app.RedemptionQuery{Status: domain.RedemptionRequested}, "[d c e]"},
		{app.RedemptionQuery{UserID: "ann", Status: domain.RedemptionSubmitted}, "[f a]"},
		{app.RedemptionQuery{UserID: "eve"}, "[]"},
	} {
		for limit := 1; limit <= 8; limit++ {
			if got := fmt.Sprint(redemptionPages(t, s, tc.query, limit)); got != tc.want {
				t.Errorf("%+v by %d: got %s, want %s", tc.query, limit, got, tc.want)
			}
		}
	}
}

func redemptionPages(t *testing.T, s RedemptionStore, q app.RedemptionQuery, limit int) []string {
	t.Helper()
	var ids []string
	var after app.RedemptionCursor
	for {
		page, err := s.List(t.Context(), q, after, limit)
		must(t, err)
		for _, d := range page {
			ids = append(ids, d.ID)
			after = app.RedemptionCursor{RequestedAt: d.RequestedAt, ID: d.ID}
		}
		if len(page) < limit {
			return ids
		}
	}
}

func redemptionUnlisted(t *testing.T, s RedemptionStore) {
	must(t, s.Insert(t.Context(), document("x1", "ann", 0, domain.RedemptionNew)))
	must(t, s.Insert(t.Context(), document("x2", "ann", 0, domain.RedemptionDropped)))
	if got := redemptionPages(t, s, app.RedemptionQuery{}, 10); len(got) != 0 {
		t.Fatalf("listed %v", got)
	}
	d, err := s.Get(t.Context(), "x1")
	must(t, err)
	d.Version++
	d.Reserved(noon)
	must(t, s.Save(t.Context(), d))
	if got := redemptionPages(t, s, app.RedemptionQuery{UserID: "ann"}, 10); !slices.Equal(got, []string{"x1"}) {
		t.Fatalf("listed %v", got)
	}
}

func redemptionOldestOpen(t *testing.T, s RedemptionStore) {
	if at, err := s.OldestOpen(t.Context()); err != nil || !at.IsZero() {
		t.Fatalf("got %s, %v", at, err)
	}
	for i, status := range []domain.RedemptionStatus{domain.RedemptionPaid, domain.RedemptionNew, domain.RedemptionSubmitted, domain.RedemptionRequested} {
		must(t, s.Insert(t.Context(), document(fmt.Sprint("x", i), "ann", i, status)))
	}
	if at, err := s.OldestOpen(t.Context()); err != nil || !at.Equal(noon.Add(2*time.Minute)) {
		t.Fatalf("got %s, %v", at, err)
	}
}

func redemptionWalk(t *testing.T, s RedemptionStore) {
	for _, id := range []string{"c", "a", "B", "d"} {
		must(t, s.Insert(t.Context(), document(id, "ann", 0, domain.RedemptionNew)))
	}
	var ids []string
	for after := ""; ; after = ids[len(ids)-1] {
		page, err := s.Walk(t.Context(), after, 3)
		must(t, err)
		for _, d := range page {
			ids = append(ids, d.ID)
		}
		if len(page) < 3 {
			break
		}
	}
	if fmt.Sprint(ids) != "[B a c d]" {
		t.Fatalf("got %v", ids)
	}
}

func redemptionLease(t *testing.T, s RedemptionStore) {
	d := document("x1", "ann", 0, domain.RedemptionRequested)
	d.Outbox.Add(outbox.Message{ID: "m", Kind: "k", CreatedAt: noon})
	must(t, s.Insert(t.Context(), d))
	leases, err := s.Lease(t.Context(), noon, time.Minute, "token", 10)
	if err != nil || len(leases) != 1 || leases[0].AggregateID != "x1" {
		t.Fatalf("got %v, %v", leases, err)
	}
	d.Version = 2
	if err := s.Save(t.Context(), d); !errors.Is(err, outbox.ErrConflict) {
		t.Fatalf("saved over a lease: %v", err)
	}
}
