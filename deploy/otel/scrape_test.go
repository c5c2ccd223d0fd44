package otel_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/pkg/testkit"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet"
)

// serveREST observes one request the way the edge does.
func serveREST(meters metric.MeterProvider) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/events", func(http.ResponseWriter, *http.Request) {})
	observed := otelhttp.NewMiddleware("", otelhttp.WithMeterProvider(meters))(mux)
	observed.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/v1/events", nil))
}

// scrape serves a wallet in memory, calls it and returns what Prometheus would read from it.
func scrape(t *testing.T) string {
	t.Helper()
	ctx, stop := context.WithCancel(testkit.Context(t))
	defer stop()
	cfg, err := config.LoadFrom[wallet.Config](map[string]string{"LOG_LEVEL": "error"})
	if err != nil {
		t.Fatal(err)
	}
	key, err := authn.GenerateKey(idgen.Random())
	if err != nil {
		t.Fatal(err)
	}
	issuer, verifier, err := service.DevIssuer(key, clock.System())
	if err != nil {
		t.Fatal(err)
	}
	rt, err := service.Build(ctx, wallet.Name, cfg.Config, service.Parts{Issuer: issuer, Verifier: verifier})
	if err != nil {
		t.Fatal(err)
	}
	otel.SetMeterProvider(rt.Telemetry.MeterProvider) // as a service's main does
	svc, err := wallet.New(ctx, cfg, rt)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- service.Serve(ctx, cfg.Config, rt, svc, listener) }()

	conn, err := rt.Dial(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{}); err != nil {
		t.Fatal(err)
	}
	_, err = walletv1.NewWalletServiceClient(conn).GetBalance(ctx, &walletv1.GetBalanceRequest{UserId: "#", Currency: "INR"})
	if errs.CodeOf(err) != errs.InvalidArgument {
		t.Errorf("a malformed user id: got %v", err)
	}
	serveREST(rt.Telemetry.MeterProvider)

	answer := httptest.NewRecorder()
	rt.Telemetry.MetricsHandler.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := rt.Close(context.WithoutCancel(ctx)); err != nil {
		t.Error(err)
	}
	return answer.Body.String()
}
