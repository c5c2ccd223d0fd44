package grpcx

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
)

// BenchmarkChain measures what all steps together cost a call, without any network.
func BenchmarkChain(b *testing.B) {
	key, err := authn.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	issuer, err := authn.NewIssuer(key, "test", clock.System())
	if err != nil {
		b.Fatal(err)
	}
	verifier, err := authn.NewVerifier(issuer.Keys(), authn.Options{Issuers: []string{"test"}, Clock: clock.System()})
	if err != nil {
		b.Fatal(err)
	}
	server, err := NewServer(ServerConfig{}, ServerDeps{Verifier: verifier, Clock: clock.System()})
	if err != nil {
		b.Fatal(err)
	}
	table, err := access.Load("refersuite.tier.v1.TierService")
	if err != nil {
		b.Fatal(err)
	}
	if err := server.chain.prepare(table); err != nil {
		b.Fatal(err)
	}
	token, err := issuer.Issue("referral", []string{access.RoleSystem}, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	ctx := metadata.NewIncomingContext(b.Context(), metadata.Pairs(AuthorizationHeader, "Bearer "+token))
	info := &grpc.UnaryServerInfo{FullMethod: tierv1.TierService_GetMember_FullMethodName}
	var req any = &tierv1.GetMemberRequest{ProgramId: "spring-2026", UserId: "0197f2d2-8f0b-7c1e-9a55-3f0a8a2e1c11"}
	b.ReportAllocs()
	for b.Loop() {
		_, err := server.chain.unary(ctx, req, info, func(context.Context, any) (any, error) { return nil, nil })
		if err != nil {
			b.Fatal(err)
		}
	}
}
