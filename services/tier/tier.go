// Package tier is the tier service: it counts completed referrals per person and programme, and moves people up (and,
// where a programme says so, down) a ladder of tiers.
package tier

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/ops"
	"github.com/refersuite/refersuite/pkg/service"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
	"github.com/refersuite/refersuite/services/tier/internal/app"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
	"github.com/refersuite/refersuite/services/tier/internal/grpcserver"
	"github.com/refersuite/refersuite/services/tier/internal/memstore"
	"github.com/refersuite/refersuite/services/tier/internal/mongostore"
)

// Name is the name of the service.
const Name = "tier"

// Service is the tier service.
type Service struct {
	log      *chain.Log[domain.Line]
	server   *grpcserver.Server
	ops      ops.Parts
	patience time.Duration
}

// New returns the tier service on the stores of a runtime: MongoDB, or memory when there is none. Run must be called,
// since it ends what New begins.
func New(ctx context.Context, cfg Config, rt *service.Runtime) (*Service, error) {
	progress, ladders, err := open(ctx, rt)
	if err != nil {
		return nil, err
	}
	log := chain.New(progress, chain.Options{Clock: rt.Clock, Name: "tier.progress"})
	return &Service{
		log:    log,
		server: grpcserver.New(app.NewMembers(log, ladders, rt.Clock)),
		ops: ops.Parts{
			Service: Name, Clock: rt.Clock, Audit: rt.Audit,
			Chains: []ops.VerifyFunc{func(ctx context.Context) (chain.Report, error) { return log.VerifyAll(ctx, "", nil) }},
		},
		patience: cfg.ShutdownTimeout,
	}, nil
}

// open returns the stores.
func open(ctx context.Context, rt *service.Runtime) (chain.Store[domain.Line], app.Ladders, error) {
	if rt.Mongo == nil {
		return memstore.NewProgress(), memstore.NewLadders(), nil
	}
	progress, err := mongostore.OpenProgress(ctx, rt.Mongo)
	if err != nil {
		return nil, nil, fmt.Errorf("open the progress: %w", err)
	}
	ladders, err := mongostore.OpenLadders(ctx, rt.Mongo)
	if err != nil {
		return nil, nil, fmt.Errorf("open the ladders: %w", err)
	}
	return progress, ladders, nil
}

// Register puts the TierService and the OperationsService on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	tierv1.RegisterTierServiceServer(registrar, s.server)
	ops.Register(registrar, s.ops)
}

// Run waits for ctx to end and then for the steps on their way.
func (s *Service) Run(ctx context.Context) error {
	<-ctx.Done()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.patience)
	defer cancel()
	if err := s.log.Close(ending); err != nil {
		return fmt.Errorf("wait for the last steps: %w", err)
	}
	return nil
}
