// Package referral follows each referral from invitation to completed customer and orders its payouts. Its public surface
// is Config, New and what New returns.
package referral

import (
	"context"
	"errors"
	"fmt"
	_ "time/tzdata" // programmes name time zones, and a container may have none

	"google.golang.org/grpc"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/ops"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/service"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/clients"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
	"github.com/refersuite/refersuite/services/referral/internal/grpcserver"
	"github.com/refersuite/refersuite/services/referral/internal/ottercache"
)

// Service is the referral service.
type Service struct {
	work       Work
	rt         *service.Runtime
	stores     *stores
	editions   *chain.Log[domain.Terms]
	referrals  *app.Referrals
	relay      *outbox.Relay
	server     *grpcserver.Server
	operations ops.Parts
}

var _ service.Service = (*Service)(nil)

// New wires the service and makes connections to the other services, which are used when first needed. Without a database
// it keeps everything in memory. Run must be called, also to end what New began.
func New(ctx context.Context, cfg Config, rt *service.Runtime) (*Service, error) {
	others, err := dial(cfg.Others, rt)
	if err != nil {
		return nil, err
	}
	stores, err := openStores(ctx, rt)
	if err != nil {
		return nil, err
	}
	s := &Service{work: cfg.Work.withDefaults(), rt: rt, stores: stores}
	s.editions = chain.New(stores.editions, chain.Options{Clock: rt.Clock, Name: "referral.programs"})
	editions := ottercache.NewEditions(s.editions)
	delivery := &app.Delivery{Store: stores.referrals, Editions: editions, Tiers: others.tiers, Wallet: others.wallet,
		Scores: others.scores, Fraud: others.fraud, Logger: rt.Logger}
	if s.relay, err = s.newRelay(delivery); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	programs := &app.Programs{Drafts: stores.programs, Editions: editions, Tiers: others.tiers, Clock: rt.Clock}
	codes := &app.Codes{Store: stores.codes, Programs: programs, Random: idgen.Random(), Clock: rt.Clock}
	s.referrals = &app.Referrals{Store: stores.referrals, Claims: stores.claims, Codes: codes, Programs: programs, Fraud: others.fraud,
		Dispatch: s.relay, IDs: rt.IDs, Clock: rt.Clock, LeaseTTL: s.relay.LeaseTTL(), AssessTimeout: cfg.Work.AssessTimeout}
	s.server = grpcserver.New(programs, codes, s.referrals)
	s.operations = ops.Parts{Service: rt.Name, Clock: rt.Clock, Audit: rt.Audit, Outbox: stores.outbox,
		Chains: []ops.VerifyFunc{s.verify}}
	return s, nil
}

// relayQueue bounds the referrals that wait for a worker after their write: some 20 seconds of work at the rate this is
// made for. What finds no room is found again when its lease has run out.
const relayQueue = 16_384

func (s *Service) newRelay(d *app.Delivery) (*outbox.Relay, error) {
	metrics, err := outbox.NewMetrics(s.rt.Telemetry.MeterProvider, "referral")
	if err != nil {
		return nil, err
	}
	loop := &outbox.Loop[*app.Aggregate]{Load: d.Load, Save: d.Save, Box: d.Box, Send: d.Send, Apply: d.Apply,
		Clock: s.rt.Clock, Backoff: outbox.Backoff{MaxAttempts: s.work.MaxAttempts}, Metrics: metrics, Logger: s.rt.Logger,
		Tracer: s.rt.Telemetry.TracerProvider}
	return outbox.NewRelay(s.stores.outbox, loop, outbox.RelayOptions{Workers: s.work.Workers, Queue: relayQueue,
		Poll: s.work.Poll, LeaseTTL: s.work.LeaseTTL, Clock: s.rt.Clock, IDs: s.rt.IDs, Metrics: metrics, Logger: s.rt.Logger}), nil
}

func (s *Service) verify(ctx context.Context) (chain.Report, error) {
	return s.editions.VerifyAll(ctx, app.ProgramKey(""), nil)
}

// Register puts the ReferralService and its operations on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	referralv1.RegisterReferralServiceServer(registrar, s.server)
	ops.Register(registrar, s.operations)
}

// others are the services that referral calls.
type others struct {
	tiers  *clients.Tiers
	wallet *clients.Wallet
	scores *clients.Scores
	fraud  *clients.Fraud
}

func dial(addresses Others, rt *service.Runtime) (others, error) {
	conns := map[string]*grpc.ClientConn{}
	for name, address := range map[string]string{
		"wallet": addresses.WalletAddr, "tier": addresses.TierAddr, "fraud": addresses.FraudAddr, "leaderboard": addresses.LeaderboardAddr,
	} {
		conn, err := rt.Dial(address)
		if err != nil {
			return others{}, fmt.Errorf("reach %s: %w", name, err)
		}
		conns[name] = conn
	}
	return others{tiers: clients.NewTiers(conns["tier"]), wallet: clients.NewWallet(conns["wallet"]),
		scores: clients.NewScores(conns["leaderboard"]), fraud: clients.NewFraud(conns["fraud"])}, nil
}
