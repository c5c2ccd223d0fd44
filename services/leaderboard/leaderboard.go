// Package leaderboard ranks the referrers of a programme. Its public surface is Config, New and what New returns.
package leaderboard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // containers have no time zone database

	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/ops"
	"github.com/refersuite/refersuite/pkg/service"
	leaderboardv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/leaderboard/v1"
	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
	"github.com/refersuite/refersuite/services/leaderboard/internal/grpcserver"
	"github.com/refersuite/refersuite/services/leaderboard/internal/memstore"
	"github.com/refersuite/refersuite/services/leaderboard/internal/mongostore"
	"github.com/refersuite/refersuite/services/leaderboard/internal/redisboard"
)

// Name is the name of the service.
const Name = "leaderboard"

// Service is the leaderboard service.
type Service struct {
	server     *grpcserver.Server
	operations ops.Parts
	log        *chain.Log[domain.Line]
	projector  *app.Projector
	rebuilder  *app.Rebuilder
	patience   time.Duration
}

var _ service.Service = (*Service)(nil)

// New wires the service. Without a database scores are kept in memory. The boards are always in Redis. Run must be called,
// since it ends what New begins.
func New(ctx context.Context, cfg Config, rt *service.Runtime) (*Service, error) {
	store, err := newStore(ctx, rt)
	if err != nil {
		return nil, err
	}
	log := chain.New(store, chain.Options{Clock: rt.Clock, Name: "leaderboard.scores"})
	boards := redisboard.New(rt.Redis)
	rebuilder := app.NewRebuilder(log, boards, rt.Clock, rt.IDs.NewID, rt.Logger)
	projector := app.NewProjector(log, boards, rebuilder, rt.Clock, app.ProjectorOptions{
		Pace: cfg.Projection.Pace, MaxPending: cfg.Projection.MaxPending, Logger: rt.Logger,
	})
	if err := observe(rt.Telemetry.MeterProvider, projector); err != nil {
		return nil, errors.Join(err, log.Close(ctx))
	}
	return &Service{
		server: grpcserver.New(app.NewScores(log, boards, projector, rebuilder, rt.Clock)),
		operations: ops.Parts{
			Service: Name, Clock: rt.Clock, Audit: rt.Audit,
			Chains: []ops.VerifyFunc{func(ctx context.Context) (chain.Report, error) { return log.VerifyAll(ctx, "", nil) }},
		},
		log: log, projector: projector, rebuilder: rebuilder, patience: cfg.ShutdownTimeout,
	}, nil
}

func newStore(ctx context.Context, rt *service.Runtime) (chain.Store[domain.Line], error) {
	if rt.Mongo == nil {
		return memstore.New(), nil
	}
	return mongostore.New(ctx, rt.Mongo)
}

// observe reports how far the boards are behind the chains.
func observe(provider metric.MeterProvider, projector *app.Projector) error {
	_, err := provider.Meter("refersuite/leaderboard").Int64ObservableGauge("refersuite.leaderboard.projection.pending",
		metric.WithDescription("Changes of scores that are not on the boards yet."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(projector.Pending()))
			return nil
		}))
	if err != nil {
		return fmt.Errorf("meter the projection: %w", err)
	}
	return nil
}

// Register puts the LeaderboardService and its operations on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	leaderboardv1.RegisterLeaderboardServiceServer(registrar, s.server)
	ops.Register(registrar, s.operations)
}

// Run projects scores onto the boards and rebuilds them where needed, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	var group sync.WaitGroup
	group.Go(func() { s.projector.Run(ctx) })
	group.Go(func() { s.rebuilder.Run(ctx) })
	group.Wait()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.patience)
	defer cancel()
	if err := s.log.Close(ending); err != nil {
		return fmt.Errorf("wait for the last scores: %w", err)
	}
	return nil
}
