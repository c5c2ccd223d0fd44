package grpctest_test

import (
	"context"
	"testing"

	"google.golang.org/grpc"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/pkg/testkit/grpctest"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

type operations struct {
	commonv1.UnimplementedOperationsServiceServer
}

func (operations) GetBacklog(context.Context, *commonv1.GetBacklogRequest) (*commonv1.GetBacklogResponse, error) {
	return &commonv1.GetBacklogResponse{Pending: 7}, nil
}

func TestServe_BelievesItsOwnTokensOnly(t *testing.T) {
	w := grpctest.Serve(t, func(r grpc.ServiceRegistrar) { commonv1.RegisterOperationsServiceServer(r, operations{}) })
	other := grpctest.Serve(t, func(r grpc.ServiceRegistrar) { commonv1.RegisterOperationsServiceServer(r, operations{}) })
	client := commonv1.NewOperationsServiceClient(w.Conn(t))
	request := &commonv1.GetBacklogRequest{Service: "wallet"}
	ctx := testkit.Context(t)
	for name, c := range map[string]struct {
		ctx  context.Context
		want errs.Code
	}{
		"Anonymous": {ctx, errs.Unauthenticated},
		"Stranger":  {other.As(ctx, t, "root", access.RoleAdmin), errs.Unauthenticated},
		"User":      {w.As(ctx, t, "u1", access.RoleUser), errs.PermissionDenied},
		"Admin":     {w.As(ctx, t, "root", access.RoleAdmin), 0},
	} {
		t.Run(name, func(t *testing.T) {
			reply, err := client.GetBacklog(c.ctx, request)
			if errs.CodeOf(err) != c.want || err == nil && reply.GetPending() != 7 {
				t.Errorf("reply %v, err %v", reply, err)
			}
		})
	}
	if _, err := commonv1.NewOperationsServiceClient(w.ServiceConn(t, "referral")).GetBacklog(ctx, request); err != nil {
		t.Errorf("a service's call: %v", err)
	}
}
