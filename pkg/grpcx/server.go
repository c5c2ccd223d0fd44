// Package grpcx builds every gRPC server and every client connection of the suite, so that what holds for one call holds
// for all: who may make it, how long it may take, what is logged, traced and audited, and how its errors look.
package grpcx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/ratelimit"
)

// ServerDeps is what a server works with. Verifier and Clock are required; the rest may be nil.
type ServerDeps struct {
	// Verifier proves who calls.
	Verifier authn.Verifier
	// Clock tells the time.
	Clock clock.Clock
	// Audit keeps the trail of audited RPCs; required when one is served. The caller closes it after Serve has returned.
	Audit audit.Store
	// Limiter bounds calls; nil limits within this process.
	Limiter ratelimit.Limiter
	// IDs makes request ids; nil means UUIDs.
	IDs idgen.Source
	// Logger receives the access log; nil discards it.
	Logger *slog.Logger
	// TracerProvider and MeterProvider receive spans and RED metrics. Nil or no-op ones cost nothing.
	TracerProvider trace.TracerProvider
	// MeterProvider is described above.
	MeterProvider metric.MeterProvider
}

// Server is a gRPC server with everything in front of its handlers. See chain.go for what that is.
type Server struct {
	cfg    ServerConfig
	deps   ServerDeps
	grpc   *grpc.Server
	health *health.Server
	chain  *chain
	served atomic.Bool
}

// NewServer returns a server without services; Register adds them.
func NewServer(cfg ServerConfig, deps ServerDeps) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("grpc server: %w", err)
	}
	if deps.Verifier == nil || deps.Clock == nil {
		return nil, errors.New("grpc server: a verifier and a clock are required")
	}
	cfg = cfg.withDefaults()
	deps = deps.withDefaults()
	chain, err := newChain(cfg, deps)
	if err != nil {
		return nil, fmt.Errorf("grpc server: %w", err)
	}
	options := []grpc.ServerOption{
		grpc.UnaryInterceptor(chain.unary),
		grpc.StreamInterceptor(chain.stream),
		grpc.MaxRecvMsgSize(MaxMessageBytes),
		grpc.MaxSendMsgSize(MaxMessageBytes),
		grpc.KeepaliveParams(serverKeepalive),
		grpc.KeepaliveEnforcementPolicy(serverKeepalivePolicy),
		grpc.WaitForHandlers(true),
	}
	options = append(options, serverTelemetry(deps.TracerProvider, deps.MeterProvider)...)
	credentials, err := serverCredentials(cfg)
	if err != nil {
		return nil, fmt.Errorf("grpc server: %w", err)
	}
	if credentials != nil {
		options = append(options, grpc.Creds(credentials))
	}
	s := &Server{cfg: cfg, deps: deps, grpc: grpc.NewServer(options...), health: health.NewServer(), chain: chain}
	s.health.SetServingStatus("", healthv1.HealthCheckResponse_NOT_SERVING)
	healthv1.RegisterHealthServer(s.grpc, s.health)
	if !cfg.NoReflection {
		reflection.Register(s.grpc)
	}
	return s, nil
}

func (d ServerDeps) withDefaults() ServerDeps {
	if d.Limiter == nil {
		d.Limiter = ratelimit.NewLocal(d.Clock, 0)
	}
	if d.IDs == nil {
		d.IDs = idgen.UUIDv7()
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	return d
}

// Register lets the callback add services, usually through RegisterXServer of their stubs. It must not be called after
// Serve.
func (s *Server) Register(register func(grpc.ServiceRegistrar)) { register(s.grpc) }

// Check reads the policies of everything registered and prepares the validators. It refuses, naming the RPCs, when one has
// no policy or one that contradicts itself. Serve calls it; call it earlier to fail earlier.
func (s *Server) Check() error {
	table, err := access.Load(s.services()...)
	if err != nil {
		return err
	}
	return s.chain.prepare(table)
}

// services returns the names of all registered services in alphabetical order.
func (s *Server) services() []string {
	var names []string
	for name := range s.grpc.GetServiceInfo() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Serve checks the policies, serves the listener until ctx ends, and then stops gracefully: health says NOT_SERVING, no new
// call is taken, calls in flight have StopTimeout to end, and the outcomes of audited calls are written. It may be called
// once, and takes over the listener.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	if s.served.Swap(true) {
		return errors.New("grpc server: Serve was called twice")
	}
	if err := s.Check(); err != nil {
		return errors.Join(fmt.Errorf("grpc server: %w", err), listener.Close())
	}
	s.setHealth(healthv1.HealthCheckResponse_SERVING)
	done := make(chan error, 1)
	go func() { done <- s.grpc.Serve(listener) }()
	select {
	case err := <-done:
		s.grpc.Stop()
		return fmt.Errorf("grpc server: %w", err)
	case <-ctx.Done():
	}
	s.stop()
	// Stopped before it began to serve is stopped all the same.
	if err := <-done; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return errors.Join(fmt.Errorf("grpc server: %w", err), s.flushAudit(ctx))
	}
	return s.flushAudit(ctx)
}

// setHealth sets the status of the server as a whole and of each of its services.
func (s *Server) setHealth(status healthv1.HealthCheckResponse_ServingStatus) {
	s.health.SetServingStatus("", status)
	for _, name := range s.services() {
		if !strings.HasPrefix(name, "grpc.") {
			s.health.SetServingStatus(name, status)
		}
	}
}

// stop ends gracefully within StopTimeout, and then no matter what.
func (s *Server) stop() {
	s.health.Shutdown()
	s.chain.stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.grpc.GracefulStop()
	}()
	timer := s.deps.Clock.NewTimer(s.cfg.StopTimeout)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C():
		s.deps.Logger.Warn("calls in flight were cut off", "after", s.cfg.StopTimeout)
		s.grpc.Stop()
		<-ended
	}
}

func (s *Server) flushAudit(ctx context.Context) error {
	if s.deps.Audit == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.StopTimeout)
	defer cancel()
	if err := s.deps.Audit.Flush(ctx); err != nil {
		return fmt.Errorf("grpc server: write the last audit outcomes: %w", err)
	}
	return nil
}
