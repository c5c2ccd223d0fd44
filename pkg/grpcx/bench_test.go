package grpcx_test

import (
	"context"
	"log/slog"
	"net"
	"testing"

	metricsdk "go.opentelemetry.io/otel/sdk/metric"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/refersuite/refersuite/pkg/access"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
)

// BenchmarkUnary compares a call that does nothing over bare gRPC with the same call through both builders: token, policy,
// validation, request id, deadlines, access log off.
func BenchmarkUnary(b *testing.B) {
	run := func(ctx context.Context, b *testing.B, conn *grpc.ClientConn) {
		client := tierv1.NewTierServiceClient(conn)
		req := completion(1)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.RecordCompletion(ctx, req); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("bare", func(b *testing.B) { run(b.Context(), b, bareConn(b)) })
	b.Run("full", func(b *testing.B) {
		w := newWorld(b, quiet)
		run(w.as(b, "referral", access.RoleSystem), b, w.conn)
	})
	b.Run("full with metrics", func(b *testing.B) {
		w := newWorld(b, quiet, func(s *setup) {
			provider := metricsdk.NewMeterProvider(metricsdk.WithReader(metricsdk.NewManualReader()))
			s.deps.MeterProvider, s.dial.MeterProvider = provider, provider
		})
		run(w.as(b, "referral", access.RoleSystem), b, w.conn)
	})
}

func quiet(s *setup) { s.deps.Logger = slog.New(slog.DiscardHandler) }

// bareConn is a connection to the same handler with nothing around it.
func bareConn(b *testing.B) *grpc.ClientConn {
	b.Helper()
	listener, server := bufconn.Listen(1<<20), grpc.NewServer()
	tierv1.RegisterTierServiceServer(server, &fakeTiers{})
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///bare", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := conn.Close(); err != nil {
			b.Error(err)
		}
		server.Stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	return conn
}
