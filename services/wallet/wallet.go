// Package wallet is the wallet service: an append-only, hash-chained, double-entry ledger of what people earned.
package wallet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // budgets name time zones, and a container may have none

	"google.golang.org/grpc"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/ops"
	"github.com/refersuite/refersuite/pkg/service"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/grpcserver"
	"github.com/refersuite/refersuite/services/wallet/internal/memstore"
	"github.com/refersuite/refersuite/services/wallet/internal/mongostore"
)

// Name is the name of the service.
const Name = "wallet"

// Service is the wallet.
type Service struct {
	log      *chain.Log[domain.Line]
	ledger   *app.Ledger
	owner    string
	server   *grpcserver.Server
	checks   *reconciliation
	payouts  *redemptions
	ops      ops.Parts
	patience time.Duration
}

// New returns the wallet on the stores of a runtime: MongoDB, or memory when there is none. Run must be called, since it
// ends what New begins.
func New(ctx context.Context, cfg Config, rt *service.Runtime) (*Service, error) {
	store := memstore.New()
	if rt.Mongo != nil {
		var err error
		if store, err = mongostore.Open(ctx, rt.Mongo); err != nil {
			return nil, fmt.Errorf("open the ledger: %w", err)
		}
	}
	queue, err := openQueue(ctx, rt)
	if err != nil {
		return nil, err
	}
	watch, err := newBudgetMetrics(rt.Telemetry.MeterProvider)
	if err != nil {
		return nil, err
	}
	log := chain.New(store, chain.Options{Clock: rt.Clock, Name: "wallet.ledger"})
	ledger := app.NewLedger(log, rt.Clock, app.WithQueue(queue), app.WithLogger(rt.Logger), app.WithBudgetWatch(watch))
	payouts, err := newRedemptions(ctx, cfg.Redemption, rt, log)
	if err != nil {
		return nil, errors.Join(err, log.Close(ctx))
	}
	checks, err := newReconciliation(ctx, cfg.Reconcile, rt, app.Auditor{
		Log: log, Clock: rt.Clock, Queue: queue, Redemptions: app.RedemptionRecords{Store: payouts.store},
	})
	if err != nil {
		return nil, errors.Join(err, payouts.close(), log.Close(ctx))
	}
	return &Service{
		log:    log,
		ledger: ledger,
		owner:  rt.IDs.NewID(),
		server: grpcserver.New(ledger, checks, payouts),
		checks: checks, payouts: payouts,
		ops: ops.Parts{
			Service: Name, Clock: rt.Clock, Audit: rt.Audit, Outbox: payouts.store,
			Chains: []ops.VerifyFunc{func(ctx context.Context) (chain.Report, error) { return log.VerifyAll(ctx, "", nil) }},
		},
		patience: cfg.ShutdownTimeout,
	}, nil
}

// Register puts the WalletService and the OperationsService on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	walletv1.RegisterWalletServiceServer(registrar, s.server)
	ops.Register(registrar, s.ops)
}

// Run reconciles when it is due, pays rewards that wait for budget and submits redemptions until ctx ends, and then waits for
// the postings on their way.
func (s *Service) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	workers.Go(func() { s.ledger.RunQueue(ctx, s.owner) })
	workers.Go(func() { s.checks.job.Run(ctx) })
	err := s.payouts.run(ctx)
	workers.Wait()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.patience)
	defer cancel()
	if closeErr := s.log.Close(ending); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("wait for the last postings: %w", closeErr))
	}
	return err
}
