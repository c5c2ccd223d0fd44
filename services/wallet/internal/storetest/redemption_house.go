package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// RedemptionStores are what redemptions are kept in.
type RedemptionStores struct {
	Ledger      chain.Store[domain.Line]
	Redemptions RedemptionStore
}

// OpenRedemptions returns empty stores that end with the test.
type OpenRedemptions func(testing.TB) RedemptionStores

// RunRedemptions runs the rules of redemptions against stores.
func RunRedemptions(t *testing.T, open OpenRedemptions) {
	for name, test := range map[string]func(*testing.T, OpenRedemptions){
		"M7_RequestSubmitConfirm":               M7RequestSubmitConfirm,
		"M7_RefusalsLeaveNothing":               M7RefusalsLeaveNothing,
		"M7_RequestsAreReplayed":                M7RequestsAreReplayed,
		"M7_DailyLimitGivesBack":                M7DailyLimitGivesBack,
		"M7_CancelOnlyBeforeSubmission":         M7CancelOnlyBeforeSubmission,
		"M7_SomebodyElsesIsNotFound":            M7SomebodyElsesIsNotFound,
		"M7_ProviderSaysNo":                     M7ProviderSaysNo,
		"M7_ProviderPaysAtOnce":                 M7ProviderPaysAtOnce,
		"M7_ProviderIsTriedAgain":               M7ProviderIsTriedAgain,
		"M7_AnotherProviderNeverGetsIt":         M7AnotherProviderNeverGetsIt,
		"M7_EventsMustBeSigned":                 M7EventsMustBeSigned,
		"M7_EventsAreReplayed":                  M7EventsAreReplayed,
		"M7_ListPageByPage":                     M7ListPageByPage,
		"M7_RacingRequestsOfOneID":              M7RacingRequestsOfOneID,
		"M7_RacingRequestsForTheLastMoney":      M7RacingRequestsForTheLastMoney,
		"M7_CancelAndSubmitRace":                M7CancelAndSubmitRace,
		"M7_ConfirmAndEventRace":                M7ConfirmAndEventRace,
		"M7_CrashAnywherePaysOnceByFile":        M7CrashAnywherePaysOnceByFile,
		"M7_CrashAnywherePaysOnceOverHTTP":      M7CrashAnywherePaysOnceOverHTTP,
		"M7_FailureIsNotConfirmedWhileInFlight": M7FailureIsNotConfirmedWhileInFlight,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

var secret = []byte("a secret of sixteen bytes or more")

// house is everything that outlives a process: stores, payout provider and time.
type house struct {
	stores RedemptionStores
	bank   bank
	clock  *clock.Fake
	limits domain.RedemptionLimitTable
	window time.Duration
	ids    idgen.Source
}

func newHouse(t testing.TB, open OpenRedemptions) *house {
	t.Helper()
	return &house{stores: open(t), bank: &recordingBank{}, clock: clock.NewFake(noon), ids: idgen.Sequence("token"),
		limits: domain.RedemptionLimitTable{"INR": {Min: 100, Max: 5000, Daily: 8000}}}
}

// process is a wallet that may die.
type process struct {
	*app.Redemptions
	ledger   *app.Ledger
	delivery *app.RedemptionDelivery
	source   outbox.Source
	log      *chain.Log[domain.Line]
}

// start starts a process whose life m decides; nil lives for ever. It ends with stop.
func (h *house) start(m *mortality) *process {
	log := chain.New[domain.Line](mortalLedger{h.stores.Ledger, m}, chain.Options{Clock: impatient{h.clock}, Name: "wallet.test"})
	store := mortalRedemptions{h.stores.Redemptions, m}
	r := &app.Redemptions{
		Log: log, Store: store, Provider: mortalProvider{h.bank.provider(h.clock), m}, Limits: h.limits, Zone: time.UTC,
		CancelWindow: h.window, Secret: secret, NewToken: h.ids.NewID, Clock: h.clock,
	}
	delivery := app.NewRedemptionDelivery(r, outbox.Loop[*app.RedemptionDocument]{
		Clock: h.clock, Backoff: outbox.Backoff{Base: time.Second, Max: time.Minute, MaxAttempts: 1000, Jitter: func() float64 { return 0 }},
	})
	return &process{Redemptions: r, ledger: app.NewLedger(log, h.clock), delivery: delivery, source: store, log: log}
}

// live starts a process that lives until the test ends.
func (h *house) live(t testing.TB) *process {
	t.Helper()
	p := h.start(nil)
	t.Cleanup(func() { p.stop(t) })
	return p
}

func (p *process) stop(t testing.TB) {
	t.Helper()
	if err := p.log.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Errorf("close the log: %v", err)
	}
}

// deliver delivers what is due, once each, and returns how many redemptions that were.
func (p *process) deliver(ctx context.Context) (int, error) {
	leases, err := p.source.Lease(ctx, p.Clock.Now(), time.Minute, p.NewToken(), 100)
	for _, lease := range leases {
		err = errors.Join(err, p.delivery.Deliver(ctx, lease))
	}
	return len(leases), err
}

// settle delivers until nothing is due at this time.
func (p *process) settle(t testing.TB) {
	t.Helper()
	for range 20 {
		n, err := p.deliver(t.Context())
		must(t, err)
		if n == 0 {
			return
		}
	}
	t.Fatal("the relay finds no end")
}

var errDied = errors.New("the process died")

// mortality ends a process before or after one of the writes that leave it: to the stores or to the provider.
type mortality struct {
	mu    sync.Mutex
	left  int  // writes that it lives to see
	after bool // whether the write it dies of happens
	died  bool
}

// write executes a write, unless the process is dead or dies of it.
func (m *mortality) write(act func() error) error {
	if m == nil {
		return act()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.died:
		return errDied
	case m.left > 0:
		m.left--
		return act()
	}
	m.died = true
	if m.after {
		return errors.Join(errDied, act())
	}
	return errDied
}

func (m *mortality) dead() error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.died {
		return errDied
	}
	return nil
}

// mortalLedger is the ledger as a process sees it that may die.
type mortalLedger struct {
	chain.Store[domain.Line]
	m *mortality
}

// Insert is a write.
func (s mortalLedger) Insert(ctx context.Context, entries []*chain.Entry[domain.Line]) (n int, err error) {
	err = s.m.write(func() error { n, err = s.Store.Insert(ctx, entries); return err })
	if errors.Is(err, errDied) {
		return 0, errDied // whatever became of it, nobody hears
	}
	return n, err
}

// Head fails in a dead process.
func (s mortalLedger) Head(ctx context.Context, key string) (*chain.Entry[domain.Line], error) {
	if err := s.m.dead(); err != nil {
		return nil, err
	}
	return s.Store.Head(ctx, key)
}

// Heads fails in a dead process.
func (s mortalLedger) Heads(ctx context.Context, keys []string) ([]*chain.Entry[domain.Line], error) {
	if err := s.m.dead(); err != nil {
		return nil, err
	}
	return s.Store.Heads(ctx, keys)
}

// Range fails in a dead process.
func (s mortalLedger) Range(ctx context.Context, key string, page chain.Page) ([]*chain.Entry[domain.Line], error) {
	if err := s.m.dead(); err != nil {
		return nil, err
	}
	return s.Store.Range(ctx, key, page)
}

// Find fails in a dead process.
func (s mortalLedger) Find(ctx context.Context, key, commandID string) (*chain.Entry[domain.Line], error) {
	if err := s.m.dead(); err != nil {
		return nil, err
	}
	return s.Store.Find(ctx, key, commandID)
}

// mortalRedemptions are the redemptions as a process sees them that may die.
type mortalRedemptions struct {
	RedemptionStore
	m *mortality
}

// Insert is a write.
func (s mortalRedemptions) Insert(ctx context.Context, d *app.RedemptionDocument) error {
	return s.m.write(func() error { return s.RedemptionStore.Insert(ctx, d) })
}

// Save is a write.
func (s mortalRedemptions) Save(ctx context.Context, d *app.RedemptionDocument) error {
	return s.m.write(func() error { return s.RedemptionStore.Save(ctx, d) })
}

// Lease is a write.
func (s mortalRedemptions) Lease(ctx context.Context, now time.Time, ttl time.Duration, token string, limit int) (leases []outbox.Lease, err error) {
	err = s.m.write(func() error {
		leases, err = s.RedemptionStore.Lease(ctx, now, ttl, token, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	return leases, nil
}

// Get fails in a dead process.
func (s mortalRedemptions) Get(ctx context.Context, id string) (*app.RedemptionDocument, error) {
	if err := s.m.dead(); err != nil {
		return nil, err
	}
	return s.RedemptionStore.Get(ctx, id)
}

// mortalProvider is the provider as a process sees it that may die.
type mortalProvider struct {
	app.PayoutProvider
	m *mortality
}

// Submit is a write.
func (p mortalProvider) Submit(ctx context.Context, o app.Payout) (receipt app.PayoutReceipt, err error) {
	err = p.m.write(func() error { receipt, err = p.PayoutProvider.Submit(ctx, o); return err })
	if errors.Is(err, errDied) {
		return app.PayoutReceipt{}, errDied
	}
	return receipt, err
}
