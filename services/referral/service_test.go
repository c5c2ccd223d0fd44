package referral_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"google.golang.org/grpc/metadata"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/grpcx"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/service"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	"github.com/refersuite/refersuite/services/referral"
	"github.com/refersuite/refersuite/services/referral/internal/partnertest"
)

// world is the referral service and stand-ins for the others, each on its own loopback address.
type world struct {
	t         testing.TB
	partners  *partnertest.Partners
	issuer    *authn.Issuer
	referrals referralv1.ReferralServiceClient
	ops       commonv1.OperationsServiceClient
}

// newWorld starts everything; a nil database means memory.
func newWorld(t testing.TB, telemetry *otelx.Telemetry, client *mongo.Client, database string) *world {
	t.Helper()
	key, err := authn.GenerateKey(idgen.Random())
	must(t, err)
	issuer, verifier, err := service.DevIssuer(key, clock.System())
	must(t, err)
	parts := service.Parts{Telemetry: telemetry, Issuer: issuer, Verifier: verifier, Mongo: client}
	w := &world{t: t, issuer: issuer, partners: partnertest.New(clock.System())}

	partnerParts := parts
	partnerParts.Mongo = nil
	partnerConfig := load[service.Config](t, nil)
	address := w.serve("partners", partnerConfig, build(t, "partners", partnerConfig, partnerParts), partnerServer{w.partners})

	environ := map[string]string{"WALLET_ADDR": address, "TIER_ADDR": address, "FRAUD_ADDR": address, "LEADERBOARD_ADDR": address,
		"MONGODB_DATABASE": database, "RELAY_POLL": "20ms", "ASSESS_TIMEOUT": "5s"}
	cfg := load[referral.Config](t, environ)
	rt := build(t, "referral", cfg.Config, parts)
	svc, err := referral.New(t.Context(), cfg, rt)
	must(t, err)
	conn, err := grpcx.Dial(grpcx.ClientConfig{Target: w.serve("referral", cfg.Config, rt, svc)}, grpcx.ClientDeps{})
	must(t, err)
	t.Cleanup(func() { must(t, conn.Close()) })
	w.referrals, w.ops = referralv1.NewReferralServiceClient(conn), commonv1.NewOperationsServiceClient(conn)
	return w
}

func load[C any](t testing.TB, environ map[string]string) C {
	t.Helper()
	cfg, err := config.LoadFrom[C](environ)
	must(t, err)
	return cfg
}

func build(t testing.TB, name string, cfg service.Config, parts service.Parts) *service.Runtime {
	t.Helper()
	rt, err := service.Build(t.Context(), name, cfg, parts)
	must(t, err)
	t.Cleanup(func() { must(t, rt.Close(context.Background())) })
	return rt
}

// serve serves until the test ends and returns the address.
func (w *world) serve(name string, cfg service.Config, rt *service.Runtime, svc service.Service) string {
	w.t.Helper()
	listener, err := new(net.ListenConfig).Listen(w.t.Context(), "tcp", "127.0.0.1:0")
	must(w.t, err)
	ctx, stop := context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() {
		if err := service.Serve(ctx, cfg, rt, svc, listener); err != nil {
			w.t.Errorf("%s: %v", name, err)
		}
	})
	w.t.Cleanup(func() {
		stop()
		served.Wait()
	})
	return listener.Addr().String()
}

// as returns a context of a caller.
func (w *world) as(subject string, roles ...string) context.Context {
	w.t.Helper()
	token, err := w.issuer.Issue(subject, roles, time.Hour)
	must(w.t, err)
	return metadata.AppendToOutgoingContext(w.t.Context(), "authorization", "Bearer "+token)
}

func (w *world) admin() context.Context  { return w.as("ops", access.RoleAdmin) }
func (w *world) system() context.Context { return w.as("backend", access.RoleSystem) }

// settle waits until no command is pending.
func (w *world) settle() {
	w.t.Helper()
	for {
		backlog, err := w.ops.GetBacklog(w.admin(), &commonv1.GetBacklogRequest{Service: "referral"})
		must(w.t, err)
		if backlog.GetPending() == 0 {
			return
		}
		must(w.t, clock.Wait(w.t.Context(), clock.System(), 5*time.Millisecond))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
