// Package gateway is the edge of the suite: the REST API with its documentation, and one gRPC address for all services.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/refersuite/refersuite/gateway/internal/backend"
	"github.com/refersuite/refersuite/gateway/internal/grpcedge"
	"github.com/refersuite/refersuite/pkg/ops"
	"github.com/refersuite/refersuite/pkg/service"
)

// Deps is what a gateway works with.
type Deps struct {
	// Runtime carries Redis, the verifier of tokens, telemetry and the key that proves to the services that this is the edge.
	Runtime *service.Runtime
	// Conns replaces the connections to services of these names; the others are made from the settings.
	Conns map[string]grpc.ClientConnInterface
}

// Listeners are where a gateway listens. It takes them over.
type Listeners struct {
	// HTTP serves REST.
	HTTP net.Listener
	// GRPC serves the gRPC edge; nil means that there is none.
	GRPC net.Listener
}

// Gateway is the edge.
type Gateway struct {
	cfg  Config
	rt   *service.Runtime
	http http.Handler
	grpc *grpcedge.Server
}

// New returns a gateway. Connections to the services are made when first used, so they need not be up yet.
func New(ctx context.Context, cfg Config, deps Deps) (*Gateway, error) {
	rt := deps.Runtime
	conns := map[string]grpc.ClientConnInterface{}
	for name, address := range cfg.addresses() {
		if conns[name] = deps.Conns[name]; conns[name] != nil {
			continue
		}
		conn, err := rt.DialAsEdge(address)
		if err != nil {
			return nil, fmt.Errorf("%s service: %w", name, err)
		}
		conns[name] = conn
	}
	set, err := backend.NewSet(conns)
	if err != nil {
		return nil, err
	}
	for _, check := range set.Checks() {
		rt.AddCheck(check)
	}
	g := &Gateway{cfg: cfg, rt: rt}
	if g.http, err = newHandler(ctx, cfg, rt, set); err != nil {
		return nil, err
	}
	options := grpcedge.Options{
		Deadline: cfg.RequestTimeout, LongDeadline: cfg.LongTimeout, StopTimeout: cfg.StopTimeout, Clock: rt.Clock, Logger: rt.Logger,
		TracerProvider: rt.Telemetry.TracerProvider, MeterProvider: rt.Telemetry.MeterProvider,
		IDs: rt.IDs, TrustTraceparent: cfg.TrustTraceparent,
	}
	if cfg.TLSCertFile != "" {
		if options.Credentials, err = credentials.NewServerTLSFromFile(cfg.TLSCertFile, cfg.TLSKeyFile); err != nil {
			return nil, fmt.Errorf("TLS_CERT_FILE and TLS_KEY_FILE are not usable: %w", err)
		}
	}
	if g.grpc, err = grpcedge.New(set, options); err != nil {
		return nil, err
	}
	return g, nil
}

// Handler returns the HTTP side, for tests and for embedding.
func (g *Gateway) Handler() http.Handler { return g.http }

// Checks returns what /readyz asks: the health of every service, and Redis.
func (g *Gateway) Checks() []ops.Check { return g.rt.Checks() }

// Run listens at the addresses of the settings and serves until ctx ends.
func (g *Gateway) Run(ctx context.Context) error {
	var config net.ListenConfig
	rest, err := config.Listen(ctx, "tcp", g.cfg.HTTPAddr)
	if err != nil {
		return fmt.Errorf("HTTP_ADDR is %s: %w", g.cfg.HTTPAddr, err)
	}
	edge, err := config.Listen(ctx, "tcp", g.cfg.GRPCAddr)
	if err != nil {
		return errors.Join(fmt.Errorf("GRPC_ADDR is %s: %w", g.cfg.GRPCAddr, err), rest.Close())
	}
	return g.Serve(ctx, Listeners{HTTP: rest, GRPC: edge})
}

// Serve serves the listeners until ctx ends or one of them fails, and then lets requests in flight end.
func (g *Gateway) Serve(ctx context.Context, on Listeners) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	results := make(chan error, 2)
	running := 1
	go func() { results <- g.serveHTTP(ctx, on.HTTP) }()
	g.rt.Logger.InfoContext(ctx, "serving REST", "address", on.HTTP.Addr().String())
	if on.GRPC != nil {
		running++
		go func() { results <- g.grpc.Serve(ctx, on.GRPC) }()
		g.rt.Logger.InfoContext(ctx, "serving gRPC", "address", on.GRPC.Addr().String())
	}
	var problems []error
	for range running {
		problems = append(problems, <-results)
		stop() // the end of one side is the end of both
	}
	return errors.Join(problems...)
}
