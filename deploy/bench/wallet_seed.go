package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	settings "github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/service"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet"
)

const (
	// seeders is how many wallets load at once. Each has programmes and accounts of its own, so that they never meet.
	seeders = 4
	// seedCallers is how many rewards each of them has in hand, enough to fill its batches.
	seedCallers = 500
	// seedPostings is how many postings an account of a large ledger has.
	seedPostings = 20
)

// seedWallet issues n rewards by calling wallets inside this process, without gRPC in between. What they write is what the
// wallet writes, in larger batches.
func seedWallet(ctx context.Context, client *mongo.Client, database string, n int64) error {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // memory is there, time is not
	accounts := max(n/seedPostings/walletPrograms, 1) * walletPrograms
	group, ctx := errgroup.WithContext(ctx)
	for seeder := range int64(seeders) {
		group.Go(func() error {
			return withWallet(ctx, client, database, func(ctx context.Context, server walletv1.WalletServiceServer) error {
				var next atomic.Int64
				callers, ctx := errgroup.WithContext(ctx)
				for range min(seedCallers, n) {
					callers.Go(func() error {
						for {
							i := (next.Add(1)-1)*seeders + seeder
							if i >= n {
								return nil
							}
							request := rewardRequest("5eed", i, i%accounts, i%walletPrograms)
							if _, err := server.IssueReward(ctx, request); err != nil {
								return fmt.Errorf("%s: %w", request.GetCommandId(), err)
							}
						}
					})
				}
				return callers.Wait()
			})
		})
	}
	return group.Wait()
}

// withWallet runs a wallet that is called directly.
func withWallet(ctx context.Context, client *mongo.Client, database string, use func(context.Context, walletv1.WalletServiceServer) error) (err error) {
	cfg, err := settings.LoadFrom[wallet.Config](map[string]string{"MONGODB_DATABASE": database})
	if err != nil {
		return err
	}
	key, err := authn.GenerateKey(idgen.Random())
	if err != nil {
		return err
	}
	issuer, verifier, err := service.DevIssuer(key, clock.System())
	if err != nil {
		return err
	}
	rt, err := service.Build(ctx, wallet.Name, cfg.Config, service.Parts{Telemetry: otelx.Discard(), Mongo: client, Issuer: issuer, Verifier: verifier})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Close(context.WithoutCancel(ctx))) }()
	svc, err := wallet.New(ctx, cfg, rt)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ran := make(chan error, 1)
	go func() { ran <- svc.Run(running) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ran)
	}()
	var found walletFinder
	svc.Register(&found)
	if found.server == nil {
		return errors.New("the wallet registers no WalletService")
	}
	return use(ctx, found.server)
}

// walletFinder is a registrar that looks for the WalletService.
type walletFinder struct{ server walletv1.WalletServiceServer }

// RegisterService takes a service note of.
func (f *walletFinder) RegisterService(_ *grpc.ServiceDesc, impl any) {
	if server, ok := impl.(walletv1.WalletServiceServer); ok {
		f.server = server
	}
}
