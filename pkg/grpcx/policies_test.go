package grpcx_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/test/bufconn"

	"github.com/refersuite/refersuite/pkg/grpcx"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
)

func TestServe_RefusesAnRPCWithoutPolicy(t *testing.T) {
	w := newWorld(t)
	server, err := grpcx.NewServer(grpcx.ServerConfig{}, grpcx.ServerDeps{Verifier: noVerifier{}, Clock: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	server.Register(func(r grpc.ServiceRegistrar) {
		grpc_testing.RegisterTestServiceServer(r, grpc_testing.UnimplementedTestServiceServer{})
	})
	err = server.Serve(t.Context(), bufconn.Listen(1))
	if err == nil || !strings.Contains(err.Error(), "grpc.testing.TestService.EmptyCall") || !strings.Contains(err.Error(), "write in the proto") {
		t.Fatalf("err = %v", err)
	}
}

func TestServe_RefusesAnAuditedRPCWithoutAStore(t *testing.T) {
	w := newWorld(t)
	server, err := grpcx.NewServer(grpcx.ServerConfig{}, grpcx.ServerDeps{Verifier: noVerifier{}, Clock: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	server.Register(func(r grpc.ServiceRegistrar) { commonv1.RegisterOperationsServiceServer(r, w.ops) })
	if err := server.Check(); err == nil || !strings.Contains(err.Error(), "RedriveCommand") {
		t.Fatalf("err = %v", err)
	}
}

func TestNewServer_RefusesSettingsThatDoNotFit(t *testing.T) {
	w := newWorld(t)
	deps := grpcx.ServerDeps{Verifier: noVerifier{}, Clock: w.clock}
	for name, cfg := range map[string]grpcx.ServerConfig{
		"certificate without key": {TLSCertFile: "x"},
		"mTLS without TLS":        {TLSClientCAFile: "x"},
		"negative deadline":       {DefaultDeadline: -1},
		"default beyond maximum":  {DefaultDeadline: 10, MaxDeadline: 5},
		"missing certificate":     {TLSCertFile: "/nonexistent", TLSKeyFile: "/nonexistent"},
	} {
		if _, err := grpcx.NewServer(cfg, deps); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := grpcx.NewServer(grpcx.ServerConfig{}, grpcx.ServerDeps{Clock: w.clock}); err == nil {
		t.Error("no verifier: accepted")
	}
}
