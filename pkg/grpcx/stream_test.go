package grpcx

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
)

const (
	streamService = "test.v1.Streams"
	streamMethod  = "/test.v1.Streams/Follow"
)

// streamDesc describes an RPC that takes a stream of GetMemberRequest and echoes each.
var streamDesc = grpc.StreamDesc{StreamName: "Follow", ClientStreams: true, ServerStreams: true, Handler: echo}

func echo(_ any, stream grpc.ServerStream) error {
	for {
		req := &tierv1.GetMemberRequest{}
		if err := stream.RecvMsg(req); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		caller, _ := access.FromContext(stream.Context())
		if req.GetProgramId() == "panic" {
			panic("broken")
		}
		if err := stream.SendMsg(&tierv1.GetMemberResponse{UserId: caller.Subject}); err != nil {
			return err
		}
	}
}

// streamPolicies is the table of the RPC: USER for themselves, ADMIN for all.
func streamPolicies(t *testing.T) access.Table {
	t.Helper()
	options := &descriptorpb.MethodOptions{}
	proto.SetExtension(options, commonv1.E_Policy, &commonv1.Policy{
		Roles: []commonv1.Role{commonv1.Role_ROLE_USER, commonv1.Role_ROLE_ADMIN}, SubjectField: "user_id",
	})
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("streams.proto"), Package: proto.String("test.v1"), Syntax: proto.String("proto3"),
		Dependency: []string{"refersuite/tier/v1/tier.proto"},
		Service: []*descriptorpb.ServiceDescriptorProto{{
			Name: proto.String("Streams"),
			Method: []*descriptorpb.MethodDescriptorProto{{
				Name: proto.String("Follow"), Options: options,
				InputType: proto.String(".refersuite.tier.v1.GetMemberRequest"), ClientStreaming: proto.Bool(true),
				OutputType: proto.String(".refersuite.tier.v1.GetMemberResponse"), ServerStreaming: proto.Bool(true),
			}},
		}},
	}, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	files := &protoregistry.Files{}
	if err := files.RegisterFile(file); err != nil {
		t.Fatal(err)
	}
	table, err := access.LoadFrom(files, streamService)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// streamWorld serves the RPC behind the chain and returns a connection and an issuer.
func streamWorld(t *testing.T) (*grpc.ClientConn, *authn.Issuer) {
	t.Helper()
	key, err := authn.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := authn.NewIssuer(key, "test", clock.System())
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := authn.NewVerifier(issuer.Keys(), authn.Options{Issuers: []string{"test"}, Clock: clock.System()})
	if err != nil {
		t.Fatal(err)
	}
	server, err := NewServer(ServerConfig{}, ServerDeps{Verifier: verifier, Clock: clock.System()})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.chain.prepare(streamPolicies(t)); err != nil {
		t.Fatal(err)
	}
	server.grpc.RegisterService(&grpc.ServiceDesc{
		ServiceName: streamService, HandlerType: (*any)(nil), Streams: []grpc.StreamDesc{streamDesc},
	}, struct{}{})
	listener := bufconn.Listen(1 << 16)
	done := make(chan error, 1)
	go func() { done <- server.grpc.Serve(listener) }()
	conn, err := Dial(ClientConfig{Target: "passthrough:///streams"}, ClientDeps{
		Dialer: func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		server.stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return conn, issuer
}

// follow opens the stream, sends one request and returns the first answer.
func follow(t *testing.T, conn *grpc.ClientConn, token string, req *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, AuthorizationHeader, "Bearer "+token)
	}
	stream, err := conn.NewStream(ctx, &streamDesc, streamMethod)
	if err != nil {
		return nil, err
	}
	if err := stream.SendMsg(req); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	resp := &tierv1.GetMemberResponse{}
	return resp, stream.RecvMsg(resp)
}

func TestStream_IsCheckedLikeACall(t *testing.T) {
	conn, issuer := streamWorld(t)
	token := func(role string) string {
		t.Helper()
		token, err := issuer.Issue("asha", []string{role}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	user := token(access.RoleUser)
	for _, tc := range []struct {
		name, token, program, user string
		code                       errs.Code
		reason                     string
	}{
		{"own data", user, "spring", "asha", 0, ""},
		{"no token", "", "spring", "asha", errs.Unauthenticated, access.ReasonTokenMissing},
		{"bad token", "x", "spring", "asha", errs.Unauthenticated, authn.ReasonTokenInvalid},
		{"other role", token(access.RoleSystem), "spring", "asha", errs.PermissionDenied, access.ReasonRoleRequired},
		{"somebody else", user, "spring", "ravi", errs.PermissionDenied, access.ReasonSubjectMismatch},
		{"admin for somebody else", token(access.RoleAdmin), "spring", "ravi", 0, ""},
		{"broken rule", token(access.RoleAdmin), "a#b", "ravi", errs.InvalidArgument, ReasonValidationFailed},
		{"panic", user, "panic", "asha", errs.Internal, ReasonInternal},
	} {
		t.Run(tc.name, func(t *testing.T) {
			resp, err := follow(t, conn, tc.token, &tierv1.GetMemberRequest{ProgramId: tc.program, UserId: tc.user})
			if errs.CodeOf(err) != tc.code || errs.Reason(err) != tc.reason {
				t.Fatalf("err = %v, want %s", err, tc.reason)
			}
			if err == nil && resp.GetUserId() != "asha" {
				t.Errorf("the handler saw the caller %q", resp.GetUserId())
			}
		})
	}
}

func TestStream_LaterMessagesAreCheckedToo(t *testing.T) {
	conn, issuer := streamWorld(t)
	token, err := issuer.Issue("asha", []string{access.RoleUser}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), AuthorizationHeader, "Bearer "+token)
	stream, err := conn.NewStream(ctx, &streamDesc, streamMethod)
	if err != nil {
		t.Fatal(err)
	}
	resp := &tierv1.GetMemberResponse{}
	if err := errors.Join(stream.SendMsg(&tierv1.GetMemberRequest{ProgramId: "p", UserId: "asha"}), stream.RecvMsg(resp)); err != nil {
		t.Fatal(err)
	}
	if err := stream.SendMsg(&tierv1.GetMemberRequest{ProgramId: "p", UserId: "ravi"}); err != nil {
		t.Fatal(err)
	}
	if err := stream.RecvMsg(resp); errs.Reason(err) != access.ReasonSubjectMismatch {
		t.Fatalf("err = %v", err)
	}
}
