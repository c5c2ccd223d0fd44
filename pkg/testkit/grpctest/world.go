// Package grpctest serves services in a test exactly as a process does, over an in-memory connection and with an issuer
// whose tokens the server believes.
package grpctest

import (
	"context"
	"crypto/rand"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/audit/memaudit"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/grpcx"
)

// issuerName is the issuer of the tokens of a test.
const issuerName = "grpctest"

// World is a server that runs until the end of the test.
type World struct {
	// Issuer signs the tokens that the server believes.
	Issuer *authn.Issuer
	// Verifier is the server's.
	Verifier authn.Verifier
	// Audit is the server's trail.
	Audit audit.Store

	listener *bufconn.Listener
}

// Serve serves what the callbacks register, with the system's clock and no telemetry.
func Serve(t testing.TB, register ...func(grpc.ServiceRegistrar)) *World {
	t.Helper()
	return ServeWith(t, nil, register...)
}

// ServeWith is Serve after tune has changed what the server works with. Tune may be nil.
func ServeWith(t testing.TB, tune func(*grpcx.ServerDeps), register ...func(grpc.ServiceRegistrar)) *World {
	t.Helper()
	deps := grpcx.ServerDeps{Clock: clock.System(), Audit: memaudit.New(1000)}
	w := &World{listener: bufconn.Listen(1 << 20)}
	w.trust(t, &deps)
	if tune != nil {
		tune(&deps)
	}
	w.Audit, w.Verifier = deps.Audit, deps.Verifier
	server, err := grpcx.NewServer(grpcx.ServerConfig{}, deps)
	if err != nil {
		t.Fatal(err)
	}
	for _, callback := range register {
		server.Register(callback)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, w.listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return w
}

// trust makes the issuer and the verifier that believes it.
func (w *World) trust(t testing.TB, deps *grpcx.ServerDeps) {
	t.Helper()
	key, err := authn.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if w.Issuer, err = authn.NewIssuer(key, issuerName, deps.Clock); err != nil {
		t.Fatal(err)
	}
	verifier, err := authn.NewVerifier(w.Issuer.Keys(), authn.Options{Issuers: []string{issuerName}, Clock: deps.Clock})
	if err != nil {
		t.Fatal(err)
	}
	deps.Verifier = verifier
}

// Conn returns a new anonymous connection; As gives its calls a caller.
func (w *World) Conn(t testing.TB) *grpc.ClientConn {
	t.Helper()
	return w.DialWith(t, grpcx.ClientDeps{})
}

// ServiceConn returns a new connection whose calls carry the token of a service.
func (w *World) ServiceConn(t testing.TB, service string) *grpc.ClientConn {
	t.Helper()
	return w.DialWith(t, grpcx.ClientDeps{Tokens: authn.NewServiceTokens(w.Issuer, service)})
}

// DialWith returns a new connection that works with deps.
func (w *World) DialWith(t testing.TB, deps grpcx.ClientDeps) *grpc.ClientConn {
	t.Helper()
	deps.Dialer = func(ctx context.Context, _ string) (net.Conn, error) { return w.listener.DialContext(ctx) }
	conn, err := grpcx.Dial(grpcx.ClientConfig{Target: "passthrough:///grpctest"}, deps)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Errorf("close the connection: %v", err)
		}
	})
	return conn
}

// Token returns a token of a subject with roles, good for an hour.
func (w *World) Token(t testing.TB, subject string, roles ...string) string {
	t.Helper()
	token, err := w.Issuer.Issue(subject, roles, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// As returns a context whose calls are made by a subject with roles.
func (w *World) As(ctx context.Context, t testing.TB, subject string, roles ...string) context.Context {
	t.Helper()
	return metadata.AppendToOutgoingContext(ctx, grpcx.AuthorizationHeader, "Bearer "+w.Token(t, subject, roles...))
}
