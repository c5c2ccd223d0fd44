package leaderboard_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/leaderboard"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

// world is a served leaderboard service and somebody who mints tokens for it.
type world struct {
	conn   *grpc.ClientConn
	clock  *clock.Fake
	issuer *authn.Issuer
}

// serve serves the leaderboard service in memory, with everything in front of its handlers, until the test ends.
func serve(t *testing.T) world {
	t.Helper()
	cfg, err := config.LoadFrom[leaderboard.Config](nil)
	must(t, err)
	cfg.Projection.Pace = 0 // the clock stands still
	fake := clock.NewFake(time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC))
	key, err := authn.GenerateKey(idgen.Random())
	must(t, err)
	issuer, verifier, err := service.DevIssuer(key, fake)
	must(t, err)
	rt, err := service.Build(t.Context(), leaderboard.Name, cfg.Config, service.Parts{
		Clock: fake, Telemetry: otelx.Discard(), Issuer: issuer, Verifier: verifier,
	})
	must(t, err)
	svc, err := leaderboard.New(t.Context(), cfg, rt)
	must(t, err)

	listener := bufconn.Listen(1 << 20)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- service.Serve(ctx, cfg.Config, rt, svc, listener) }()
	conn, err := grpc.NewClient("passthrough:leaderboard", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	must(t, err)
	t.Cleanup(func() {
		stop()
		if err := errors.Join(conn.Close(), <-served, rt.Close(context.WithoutCancel(t.Context()))); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return world{conn: conn, clock: fake, issuer: issuer}
}

// as returns a context whose calls carry a token.
func (w world) as(t *testing.T, subject string, roles ...string) context.Context {
	t.Helper()
	token, err := w.issuer.Issue(subject, roles, time.Hour)
	must(t, err)
	return metadata.AppendToOutgoingContext(testkit.Context(t), "authorization", "Bearer "+token)
}

func (w world) system(t *testing.T) context.Context { return w.as(t, "referral", access.RoleSystem) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantStatus fails unless err has the code, the reason and, when one is named, the field.
func wantStatus(t *testing.T, err error, code codes.Code, reason, field string) {
	t.Helper()
	st := status.Convert(err)
	var gotReason, gotField string
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			gotReason = d.GetReason()
		case *errdetails.BadRequest:
			gotField = d.GetFieldViolations()[0].GetField()
		}
	}
	if st.Code() != code || (reason != "" && gotReason != reason) || gotField != field {
		t.Fatalf("got %s %s %q: %s; want %s %s %q", st.Code(), gotReason, gotField, st.Message(), code, reason, field)
	}
}
