// Package fraud scores referrals before money moves. Its public surface is Config, New and what New returns.
package fraud

import (
	"context"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"

	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/ops"
	"github.com/refersuite/refersuite/pkg/service"
	fraudv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/fraud/v1"
	"github.com/refersuite/refersuite/services/fraud/internal/app"
	"github.com/refersuite/refersuite/services/fraud/internal/grpcserver"
	"github.com/refersuite/refersuite/services/fraud/internal/memstore"
	"github.com/refersuite/refersuite/services/fraud/internal/mongostore"
)

// Name is the name of the service.
const Name = "fraud"

// Service is the fraud service.
type Service struct {
	server     *grpcserver.Server
	operations ops.Parts
	close      func(context.Context) error
	patience   time.Duration
}

var _ service.Service = (*Service)(nil)

// New wires the service. Without a database it keeps everything in memory. Run must be called, since it ends what New
// begins.
func New(ctx context.Context, cfg Config, rt *service.Runtime) (*Service, error) {
	prints, err := fingerprints(cfg.Rules.HashKey)
	if err != nil {
		return nil, fmt.Errorf("FRAUD_HASH_KEY: %w", err)
	}
	bands := cfg.Rules.bands()
	if err := bands.Validate(); err != nil {
		return nil, fmt.Errorf("FRAUD_REVIEW_FROM and FRAUD_BLOCK_FROM: %w", err)
	}
	store, end, err := newStore(ctx, rt)
	if err != nil {
		return nil, err
	}
	return &Service{
		server:     grpcserver.New(app.NewAssessor(store, prints, bands, rt.Clock)),
		operations: ops.Parts{Service: Name, Clock: rt.Clock, Audit: rt.Audit},
		close:      end,
		patience:   cfg.ShutdownTimeout,
	}, nil
}

// newStore returns the store and what ends it.
func newStore(ctx context.Context, rt *service.Runtime) (app.Store, func(context.Context) error, error) {
	if rt.Mongo == nil {
		return memstore.New(), func(context.Context) error { return nil }, nil
	}
	store, err := mongostore.New(ctx, rt.Mongo, mongox.BatchOptions{MeterProvider: rt.Telemetry.MeterProvider})
	if err != nil {
		return nil, nil, err
	}
	return store, store.Close, nil
}

// fingerprints uses the key given, or one that is forgotten at the end of the process.
func fingerprints(key string) (*app.Fingerprints, error) {
	if key != "" {
		return app.NewFingerprints([]byte(key))
	}
	random := make([]byte, 2*app.MinKey)
	if _, err := io.ReadFull(idgen.Random(), random); err != nil {
		return nil, fmt.Errorf("generate a key: %w", err)
	}
	return app.NewFingerprints(random)
}

// Register puts the FraudService and its operations on a server.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	fraudv1.RegisterFraudServiceServer(registrar, s.server)
	ops.Register(registrar, s.operations)
}

// Run waits for ctx to end and then for the writes on their way.
func (s *Service) Run(ctx context.Context) error {
	<-ctx.Done()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.patience)
	defer cancel()
	if err := s.close(ending); err != nil {
		return fmt.Errorf("wait for the last assessments: %w", err)
	}
	return nil
}
