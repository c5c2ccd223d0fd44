package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/refersuite/refersuite/gateway/internal/apidocs"
	"github.com/refersuite/refersuite/gateway/internal/backend"
	"github.com/refersuite/refersuite/gateway/internal/edge"
	"github.com/refersuite/refersuite/gateway/internal/idempotency"
	"github.com/refersuite/refersuite/gateway/internal/redisstore"
	"github.com/refersuite/refersuite/gateway/internal/rest"
	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/ops"
	"github.com/refersuite/refersuite/pkg/service"
)

const (
	// maxBody bounds the body of a request.
	maxBody = 1 << 20
	// maxKept bounds the answers kept for idempotency keys.
	maxKept           = 1 << 20
	maxHeader         = 32 << 10
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	// margin is what a request may take beyond the deadline of its operation, for reading and writing.
	margin = 5 * time.Second
)

// newHandler puts everything of the HTTP side together, outermost first.
func newHandler(ctx context.Context, cfg Config, rt *service.Runtime, set *backend.Set) (http.Handler, error) {
	pages, err := apidocs.Pages()
	if err != nil {
		return nil, err
	}
	pages["/healthz"] = http.HandlerFunc(ops.ServeHealth)
	pages["/readyz"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ops.ServeReadiness(w, r, rt.Checks())
	})
	api, err := newAPI(ctx, cfg, rt, set)
	if err != nil {
		return nil, err
	}
	return edge.Chain(edge.Pages(pages, api),
		edge.RequestID(rt.IDs),
		edge.Telemetry(rt.Telemetry.TracerProvider, rt.Telemetry.MeterProvider, cfg.TrustTraceparent),
		edge.AccessLog(rt.Logger),
		edge.Recover(rt.Logger),
		edge.SecurityHeaders(cfg.TLSCertFile != ""),
		edge.CORS(cfg.AllowedOrigins),
		edge.ClientAddress(cfg.TrustForwarded),
	), nil
}

// newAPI is the way of one REST call: deadline, caller, body, idempotency key, RPC.
func newAPI(ctx context.Context, cfg Config, rt *service.Runtime, set *backend.Set) (http.Handler, error) {
	routes, err := rest.LoadRoutes()
	if err != nil {
		return nil, err
	}
	policies, err := access.Load(backend.GRPCServices()...)
	if err != nil {
		return nil, err
	}
	mux, err := rest.NewMux(ctx, set, routes)
	if err != nil {
		return nil, err
	}
	deadline := func(r *http.Request) time.Duration {
		if route, ok := routes.Find(r.Method, r.URL.EscapedPath()); ok && backend.Long(route.RPC) {
			return cfg.LongTimeout
		}
		return cfg.RequestTimeout
	}
	policyOf := func(r *http.Request) (*access.Policy, bool) {
		route, ok := routes.Find(r.Method, r.URL.EscapedPath())
		if !ok {
			return nil, false
		}
		edge.SetRoute(r.Context(), route.Template)
		return policies.Policy(route.RPC)
	}
	keys := idempotency.New(redisstore.NewIdempotency(rt.Redis), idempotency.Options{
		TTL: cfg.IdempotencyTTL, StoreTimeout: cfg.IdempotencyWait, MaxBody: maxKept, Logger: rt.Logger,
		Lease: func(r *http.Request) time.Duration { return deadline(r) + margin },
	})
	return edge.Chain(mux,
		edge.Deadline(deadline),
		edge.Authenticate(rt.Verifier, policyOf),
		edge.LimitBody(maxBody),
		keys.Wrap,
	), nil
}

// serveHTTP serves the listener until ctx ends, and then lets requests in flight end.
func (g *Gateway) serveHTTP(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: g.http, MaxHeaderBytes: maxHeader, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout,
		WriteTimeout: max(g.cfg.RequestTimeout, g.cfg.LongTimeout) + margin, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(g.rt.Logger.Handler(), slog.LevelWarn),
	}
	done := make(chan error, 1)
	go func() {
		if g.cfg.TLSCertFile != "" {
			done <- server.ServeTLS(listener, g.cfg.TLSCertFile, g.cfg.TLSKeyFile)
			return
		}
		done <- server.Serve(listener)
	}()
	select {
	case err := <-done:
		return fmt.Errorf("HTTP edge: %w", err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.cfg.StopTimeout)
	defer cancel()
	err := server.Shutdown(ending)
	if errors.Is(err, context.DeadlineExceeded) {
		g.rt.Logger.WarnContext(ctx, "HTTP requests in flight were cut off", "after", g.cfg.StopTimeout)
		err = server.Close()
	}
	if ended := <-done; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
