package wallet

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
	"github.com/refersuite/refersuite/services/wallet/internal/mongostore"
	"github.com/refersuite/refersuite/services/wallet/internal/payout/fileprovider"
	"github.com/refersuite/refersuite/services/wallet/internal/payout/httpprovider"
)

const (
	// submitAttempts is how often a payout is tried before a person must look: more than half a day.
	submitAttempts = 100
	submitBackoff  = time.Second
	submitWorkers  = 8
	// leaseBeyond is how much longer than a request to the provider a lease lasts.
	leaseBeyond = 10 * time.Second
	// watchEvery is how often the age of the oldest open redemption is looked at.
	watchEvery = 15 * time.Second
)

// redemptionStore is a store of redemptions with its outbox.
type redemptionStore interface {
	app.RedemptionStore
	outbox.Source
}

// redemptions is the part of the wallet that pays people out.
type redemptions struct {
	*app.Redemptions
	store   redemptionStore
	relay   *outbox.Relay
	metrics *redemptionMetrics
	clock   clock.Clock
	logger  *slog.Logger
	close   func() error
}

// newRedemptions wires the redemptions of a ledger. Run must be called, since it ends what this begins.
func newRedemptions(ctx context.Context, cfg Redemption, rt *service.Runtime, log app.Log) (*redemptions, error) {
	limits, err := domain.ParseRedemptionLimits(cfg.Limits)
	if err != nil {
		return nil, fmt.Errorf("REDEMPTION_LIMITS: %w", err)
	}
	zone, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("REDEMPTION_TIME_ZONE: %w", err)
	}
	store, err := openRedemptions(ctx, rt)
	if err != nil {
		return nil, err
	}
	provider, end, err := newProvider(cfg, rt)
	if err != nil {
		return nil, err
	}
	metrics, err := newRedemptionMetrics(rt.Telemetry.MeterProvider)
	if err != nil {
		return nil, err
	}
	r := &redemptions{store: store, metrics: metrics, clock: rt.Clock, logger: rt.Logger, close: end}
	r.Redemptions = &app.Redemptions{
		Log: log, Store: store, Provider: provider, Limits: limits, Zone: zone, CancelWindow: cfg.CancelWindow,
		NewToken: rt.IDs.NewID, Observer: metrics, Clock: rt.Clock, Logger: rt.Logger,
	}
	if cfg.Provider == httpprovider.Name {
		r.Secret = []byte(cfg.Secret)
	}
	if r.relay, err = newRedemptionRelay(r.Redemptions, cfg, rt, store); err != nil {
		return nil, err
	}
	r.Queue, r.LeaseTTL = r.relay, r.relay.LeaseTTL()
	return r, nil
}

func openRedemptions(ctx context.Context, rt *service.Runtime) (redemptionStore, error) {
	if rt.Mongo == nil {
		return memstore.NewRedemptions(), nil
	}
	store, err := mongostore.OpenRedemptions(ctx, rt.Mongo)
	if err != nil {
		return nil, fmt.Errorf("open the redemptions: %w", err)
	}
	return store, nil
}

func newRedemptionRelay(r *app.Redemptions, cfg Redemption, rt *service.Runtime, source outbox.Source) (*outbox.Relay, error) {
	metrics, err := outbox.NewMetrics(rt.Telemetry.MeterProvider, "wallet.redemptions")
	if err != nil {
		return nil, err
	}
	delivery := app.NewRedemptionDelivery(r, outbox.Loop[*app.RedemptionDocument]{
		Clock: rt.Clock, Backoff: outbox.Backoff{Base: submitBackoff, Max: outbox.MaxDelay, MaxAttempts: submitAttempts},
		SendTimeout: cfg.Timeout + time.Second, Metrics: metrics, Logger: rt.Logger, Tracer: rt.Telemetry.TracerProvider,
	})
	return outbox.NewRelay(source, delivery, outbox.RelayOptions{
		Workers: submitWorkers, LeaseTTL: 2*cfg.Timeout + leaseBeyond, Clock: rt.Clock, IDs: rt.IDs, Metrics: metrics, Logger: rt.Logger,
	}), nil
}

// defaultPayoutDir is where payout files are written when nothing else is said.
const defaultPayoutDir = "payouts"

// newProvider returns the payout provider of the settings and how to end it.
func newProvider(cfg Redemption, rt *service.Runtime) (app.PayoutProvider, func() error, error) {
	if cfg.Provider == httpprovider.Name {
		transport := &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: submitWorkers, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: cfg.Timeout,
		}
		provider := httpprovider.New(cfg.URL, []byte(cfg.Secret), cfg.Timeout, rt.Clock, transport)
		return provider, func() error { provider.Close(); return nil }, nil
	}
	process := strings.ToLower(rand.Text()[:10])
	switch {
	case cfg.Dir != "":
		if err := fileprovider.Check(cfg.Dir); err != nil {
			return nil, nil, fmt.Errorf("PAYOUT_DIR: %w", err)
		}
		return fileprovider.New(fileprovider.Directory(cfg.Dir), process, rt.Clock), func() error { return nil }, nil
	case rt.Mongo == nil:
		temporary := &fileprovider.Temporary{}
		return fileprovider.New(temporary.Path, process, rt.Clock), temporary.Remove, nil
	default:
		return fileprovider.New(fileprovider.Directory(defaultPayoutDir), process, rt.Clock), func() error { return nil }, nil
	}
}

// run delivers the commands of redemptions until ctx ends, waits for those on their way and ends the provider.
func (r *redemptions) run(ctx context.Context) error {
	var watching sync.WaitGroup
	watching.Go(func() { r.watch(ctx) })
	err := r.relay.Run(ctx)
	watching.Wait()
	if closeErr := r.close(); err == nil && closeErr != nil {
		err = fmt.Errorf("end the payout provider: %w", closeErr)
	}
	return err
}

// watch keeps the age of the oldest open redemption true.
func (r *redemptions) watch(ctx context.Context) {
	for {
		looking, cancel := context.WithTimeout(ctx, watchEvery)
		oldest, err := r.store.OldestOpen(looking)
		cancel()
		switch {
		case err == nil:
			r.metrics.oldestOpen(oldest, r.clock.Now())
		case ctx.Err() == nil:
			r.logger.WarnContext(ctx, "the oldest open redemption could not be looked up; its metric is old", slog.Any("error", err))
		}
		if clock.Wait(ctx, r.clock, watchEvery) != nil {
			return
		}
	}
}
