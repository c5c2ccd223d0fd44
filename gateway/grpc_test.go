package gateway_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/refersuite/refersuite/gateway"
	"github.com/refersuite/refersuite/pkg/access"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

// dial serves both sides of the gateway on real listeners and connects to the gRPC one.
func (s *suite) dial() *grpc.ClientConn {
	s.t.Helper()
	var on gateway.Listeners
	var err error
	on.HTTP, err = net.Listen("tcp", "127.0.0.1:0")
	check(s.t, err)
	on.GRPC, err = net.Listen("tcp", "127.0.0.1:0")
	check(s.t, err)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.gateway.Serve(ctx, on) }()
	conn, err := grpc.NewClient(on.GRPC.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(s.t, err)
	s.t.Cleanup(func() {
		check(s.t, conn.Close())
		stop()
		if err := <-served; err != nil {
			s.t.Errorf("gateway: %v", err)
		}
	})
	return conn
}

func (s *suite) bearer(subject string, roles ...string) context.Context {
	return metadata.AppendToOutgoingContext(s.t.Context(), "authorization", "Bearer "+s.token(subject, roles...))
}

func TestGRPCEdgeForwardsCallsAndAnswers(t *testing.T) {
	s := newSuite(t, nil)
	client := referralv1.NewReferralServiceClient(s.dial())
	var responded metadata.MD
	ctx := metadata.AppendToOutgoingContext(s.bearer("ann", access.RoleUser), "x-request-id", "req-7")
	got, err := client.CreateReferral(ctx, &referralv1.CreateReferralRequest{Code: "A", RefereeId: "ann"}, grpc.Header(&responded))
	if err != nil || got.GetReferral().GetReferralId() != "r-ann" {
		t.Fatalf("got %v, %v", got, err)
	}
	if strings.Join(responded.Get("x-request-id"), "") != "req-7" {
		t.Errorf("header %v", responded)
	}
}

func TestGRPCEdgeForwardsErrorsWithTheirDetails(t *testing.T) {
	s := newSuite(t, nil)
	conn := s.dial()
	client := referralv1.NewReferralServiceClient(conn)
	for name, test := range map[string]struct {
		ctx     context.Context
		referee string
		code    codes.Code
		reason  string
	}{
		"anonymous":         {t.Context(), "ann", codes.Unauthenticated, "TOKEN_MISSING"},
		"somebody else":     {s.bearer("ann", access.RoleUser), "bob", codes.PermissionDenied, "SUBJECT_MISMATCH"},
		"bad field":         {s.bearer("boss", access.RoleAdmin), "a/b", codes.InvalidArgument, "VALIDATION_FAILED"},
		"refused":           {s.bearer("boss", access.RoleAdmin), "cycle", codes.FailedPrecondition, "REFERRAL_CYCLE"},
		"crash":             {s.bearer("boss", access.RoleAdmin), "crash", codes.Internal, "INTERNAL"},
		"over its own rate": {s.bearer("boss", access.RoleAdmin), "busy", codes.ResourceExhausted, "TOO_MANY"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.CreateReferral(test.ctx, &referralv1.CreateReferralRequest{Code: "A", RefereeId: test.referee})
			if status.Code(err) != test.code || reasonOf(err) != test.reason {
				t.Fatalf("got %v (%s)", err, reasonOf(err))
			}
		})
	}
	s.stop["wallet"]()
	_, err := walletv1.NewWalletServiceClient(conn).GetBalance(s.bearer("ann", access.RoleUser), &walletv1.GetBalanceRequest{UserId: "ann"})
	if status.Code(err) != codes.Unavailable || reasonOf(err) != "BACKEND_UNAVAILABLE" || strings.Contains(err.Error(), "127.0.0.1") {
		t.Fatalf("got %v", err)
	}
}

func reasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

func TestGRPCEdgeSendsOperationsToTheServiceTheyName(t *testing.T) {
	s := newSuite(t, nil)
	client := commonv1.NewOperationsServiceClient(s.dial())
	ctx := s.bearer("boss", access.RoleAdmin)
	for name, want := range map[string]int64{"referral": 1, "leaderboard": 5} {
		if got, err := client.GetBacklog(ctx, &commonv1.GetBacklogRequest{Service: name}); err != nil || got.GetPending() != want {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if _, err := client.GetBacklog(ctx, &commonv1.GetBacklogRequest{Service: "shipping"}); reasonOf(err) != "SERVICE_UNKNOWN" {
		t.Errorf("got %v", err)
	}
}

func TestGRPCEdgeForwardsOnlyWhatItKnows(t *testing.T) {
	s := newSuite(t, nil)
	conn := s.dial()
	for _, method := range []string{"/other.v1.Other/Call", "/refersuite.wallet.v1.WalletService/Steal"} {
		err := conn.Invoke(s.bearer("boss", access.RoleAdmin), method, &emptypb.Empty{}, &emptypb.Empty{})
		if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), method) {
			t.Errorf("%s: got %v", method, err)
		}
	}
}

func TestGRPCEdgeNamesTheRequestItRefuses(t *testing.T) {
	s := newSuite(t, nil)
	conn := s.dial()
	s.stop["wallet"]()
	for name, call := range map[string]func(context.Context, ...grpc.CallOption) error{
		"unknown RPC": func(ctx context.Context, options ...grpc.CallOption) error {
			return conn.Invoke(ctx, "/other.v1.Other/Call", &emptypb.Empty{}, &emptypb.Empty{}, options...)
		},
		"unknown service": func(ctx context.Context, options ...grpc.CallOption) error {
			_, err := commonv1.NewOperationsServiceClient(conn).GetBacklog(ctx, &commonv1.GetBacklogRequest{Service: "shipping"}, options...)
			return err
		},
		"service away": func(ctx context.Context, options ...grpc.CallOption) error {
			_, err := walletv1.NewWalletServiceClient(conn).GetBalance(ctx, &walletv1.GetBalanceRequest{UserId: "ann"}, options...)
			return err
		},
		"refused by the service": func(ctx context.Context, options ...grpc.CallOption) error {
			request := &referralv1.CreateReferralRequest{Code: "A", RefereeId: "cycle"}
			_, err := referralv1.NewReferralServiceClient(conn).CreateReferral(ctx, request, options...)
			return err
		},
	} {
		for given, taken := range map[string]bool{"req-7": true, "": false, "not sane": false} {
			t.Run(name+" "+given, func(t *testing.T) {
				ctx := s.bearer("boss", access.RoleAdmin)
				if given != "" {
					ctx = metadata.AppendToOutgoingContext(ctx, "x-request-id", given)
				}
				var trailer metadata.MD
				err := call(ctx, grpc.Trailer(&trailer))
				id := requestOf(err)
				if id == "" || taken != (id == given) || strings.Join(trailer.Get("x-request-id"), ",") != id {
					t.Errorf("given %q, trailer %q, named %q by %v", given, trailer.Get("x-request-id"), id, err)
				}
			})
		}
	}
}

func requestOf(err error) string {
	var ids []string
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RequestInfo); ok {
			ids = append(ids, info.GetRequestId())
		}
	}
	return strings.Join(ids, ",") // more than one would be a defect
}

func TestGRPCEdgeEndsCallsWhoseCallerGaveUp(t *testing.T) {
	s := newSuite(t, nil)
	client := referralv1.NewReferralServiceClient(s.dial())
	ctx, cancel := context.WithCancel(s.bearer("boss", access.RoleAdmin))
	failed := make(chan error, 1)
	go func() {
		_, err := client.CreateReferral(ctx, &referralv1.CreateReferralRequest{Code: "A", RefereeId: "slow"})
		failed <- err
	}()
	<-s.referrals.waiting
	cancel() // the handler behind ends by its context, or the harness would wait for it at the end
	if err := <-failed; status.Code(err) != codes.Canceled {
		t.Fatalf("got %v", err)
	}
}

func TestReflectionDescribesAllServices(t *testing.T) {
	s := newSuite(t, nil)
	stream, err := reflectionv1.NewServerReflectionClient(s.dial()).ServerReflectionInfo(t.Context())
	check(t, err)
	ask := func(request *reflectionv1.ServerReflectionRequest) *reflectionv1.ServerReflectionResponse {
		check(t, stream.Send(request))
		answer, err := stream.Recv()
		check(t, err)
		return answer
	}
	var names []string
	listed := ask(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}})
	for _, service := range listed.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	for _, want := range []string{
		"refersuite.common.v1.OperationsService", "refersuite.fraud.v1.FraudService", "refersuite.leaderboard.v1.LeaderboardService",
		"refersuite.referral.v1.ReferralService", "refersuite.tier.v1.TierService", "refersuite.wallet.v1.WalletService",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not listed", want)
		}
	}
	described := ask(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{
		FileContainingSymbol: "refersuite.wallet.v1.WalletService",
	}})
	files := described.GetFileDescriptorResponse().GetFileDescriptorProto()
	file := &descriptorpb.FileDescriptorProto{}
	if len(files) == 0 || proto.Unmarshal(files[0], file) != nil || file.GetPackage() != "refersuite.wallet.v1" {
		t.Errorf("got %v", described)
	}
	check(t, stream.CloseSend())
}
