package service_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/ops"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/service"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
)

// fake is a service with background work that the test controls.
type fake struct {
	rt      *service.Runtime
	running chan struct{}
	ended   chan struct{}
	run     func(context.Context) error
}

func newFake(rt *service.Runtime, run func(context.Context) error) *fake {
	return &fake{rt: rt, running: make(chan struct{}), ended: make(chan struct{}), run: run}
}

func (f *fake) Register(registrar grpc.ServiceRegistrar) {
	ops.Register(registrar, ops.Parts{Service: f.rt.Name, Clock: f.rt.Clock, Audit: f.rt.Audit})
}

func (f *fake) Run(ctx context.Context) error {
	close(f.running)
	defer close(f.ended)
	return f.run(ctx)
}

func settings(t *testing.T, environ map[string]string) service.Config {
	t.Helper()
	cfg, err := config.LoadFrom[service.Config](environ)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func devParts(t *testing.T) service.Parts {
	t.Helper()
	key, err := authn.GenerateKey(idgen.Random())
	if err != nil {
		t.Fatal(err)
	}
	issuer, verifier, err := service.DevIssuer(key, clock.System())
	if err != nil {
		t.Fatal(err)
	}
	return service.Parts{Telemetry: otelx.Discard(), Issuer: issuer, Verifier: verifier}
}

func build(t *testing.T, name string, cfg service.Config, parts service.Parts) *service.Runtime {
	t.Helper()
	rt, err := service.Build(t.Context(), name, cfg, parts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return rt
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func waitForCancel(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestServicesCallEachOtherWithTheirOwnTokens(t *testing.T) {
	cfg, parts := settings(t, nil), devParts(t)
	wallet := build(t, "wallet", cfg, parts)
	svc := newFake(wallet, waitForCancel)
	listener := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- service.Serve(ctx, cfg, wallet, svc, listener) }()

	conn, err := build(t, "referral", cfg, parts).Dial(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	request := &commonv1.GetBacklogRequest{Service: "wallet"}
	if _, err := commonv1.NewOperationsServiceClient(conn).GetBacklog(t.Context(), request); err != nil {
		t.Errorf("SYSTEM may ask for the backlog: %v", err)
	}
	anonymous, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer anonymous.Close()
	if _, err := commonv1.NewOperationsServiceClient(anonymous).GetBacklog(t.Context(), request); err == nil {
		t.Error("a call without a token was answered")
	}
	stop()
	if err := <-served; err != nil {
		t.Errorf("an orderly stop is no failure: %v", err)
	}
	select {
	case <-svc.ended:
	default:
		t.Error("Serve did not wait for the background work")
	}
}

func TestEdgeForwardsNoTokenOfItsOwn(t *testing.T) {
	cfg, parts := settings(t, nil), devParts(t)
	wallet := build(t, "wallet", cfg, parts)
	listener := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- service.Serve(ctx, cfg, wallet, newFake(wallet, waitForCancel), listener) }()
	conn, err := build(t, "gateway", cfg, parts).DialAsEdge(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, err = commonv1.NewOperationsServiceClient(conn).GetBacklog(t.Context(), &commonv1.GetBacklogRequest{Service: "wallet"})
	if errs.CodeOf(err) != errs.Unauthenticated {
		t.Errorf("got %v", err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestBackgroundWorkThatFailsEndsTheService(t *testing.T) {
	broken := errors.New("store lost")
	for name, test := range map[string]struct {
		ends error
		want string
	}{
		"with an error": {broken, "store lost"},
		"by itself":     {nil, "ended although nobody asked it to"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := settings(t, nil)
			rt := build(t, "wallet", cfg, devParts(t))
			svc := newFake(rt, func(context.Context) error { return test.ends })
			err := service.Serve(t.Context(), cfg, rt, svc, listen(t))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestServiceWithoutAKeyCannotCallOthers(t *testing.T) {
	parts := devParts(t)
	parts.Issuer = nil
	if _, err := build(t, "wallet", settings(t, nil), parts).Dial("localhost:1"); err == nil || !strings.Contains(err.Error(), "SERVICE_KEY") {
		t.Fatalf("got %v", err)
	}
}

func TestServiceThatNobodyCouldCallDoesNotStart(t *testing.T) {
	_, err := service.Build(t.Context(), "wallet", settings(t, nil), service.Parts{Telemetry: otelx.Discard()})
	if err == nil || !strings.Contains(err.Error(), "AUTH_JWKS_URL") {
		t.Fatalf("got %v", err)
	}
}

func TestStoreThatDoesNotAnswerIsReportedAtTheStart(t *testing.T) {
	parts := devParts(t)
	_, err := service.Build(t.Context(), "wallet", settings(t, map[string]string{"REDIS_URL": "redis://:hunter2@127.0.0.1:1"}), parts)
	if err == nil || !strings.Contains(err.Error(), "REDIS_URL") || strings.Contains(err.Error(), "hunter2") {
		t.Fatalf("got %v", err)
	}
}

func TestContradictingSettingsAreRefused(t *testing.T) {
	_, err := config.LoadFrom[service.Config](map[string]string{
		"AUTH_JWKS_URL": "https://id.example/jwks", "AUTH_JWKS_FILE": "jwks.json", "AUTH_ROLES": "ROOT",
		"MONGODB_DATABASE": "a/b", "SHUTDOWN_TIMEOUT": "1h", "CLIENT_TLS_CERT_FILE": "c.pem",
	})
	for _, name := range []string{"AUTH_JWKS_URL", "AUTH_ISSUERS", "AUTH_ROLES", "MONGODB_DATABASE", "SHUTDOWN_TIMEOUT", "CLIENT_TLS_CERT_FILE"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not reported in %v", name, err)
		}
	}
}

func TestReadinessAsksTheStores(t *testing.T) {
	rt := build(t, "wallet", settings(t, nil), devParts(t))
	rt.AddCheck(ops.Check{Name: "projector", Probe: func(context.Context) error { return errors.New("behind") }})
	answer := ops.Ready(t.Context(), rt.Checks())
	if answer.Checks["redis"] != "ok" || answer.Checks["projector"] != "behind" {
		t.Fatalf("got %+v", answer)
	}
}
