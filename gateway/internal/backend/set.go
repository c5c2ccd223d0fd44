package backend

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/refersuite/refersuite/gateway/internal/apierror"
	"github.com/refersuite/refersuite/pkg/ops"
)

// Set is the connections to all services. It is safe for concurrent use.
type Set struct {
	conns map[string]grpc.ClientConnInterface
}

// NewSet takes one connection per name of Names. The caller closes them.
func NewSet(conns map[string]grpc.ClientConnInterface) (*Set, error) {
	for _, name := range Names() {
		if conns[name] == nil {
			return nil, fmt.Errorf("no connection to the %s service: give its address", name)
		}
	}
	return &Set{conns: conns}, nil
}

// Conn returns the connection to a service.
func (s *Set) Conn(name string) grpc.ClientConnInterface { return s.conns[name] }

// Find returns the connection to the service of that name, or an INVALID_ARGUMENT status that lists the names.
func (s *Set) Find(name string) (grpc.ClientConnInterface, error) {
	if conn, ok := s.conns[name]; ok {
		return conn, nil
	}
	st := apierror.New(codes.InvalidArgument, apierror.ReasonServiceUnknown,
		"service is %q: it must be one of referral, wallet, tier, fraud, leaderboard", name)
	return nil, apierror.WithField(st, "service", "must be one of referral, wallet, tier, fraud, leaderboard").Err()
}

// OperationsConn is a connection for the OperationsService that picks the service each request names.
func (s *Set) OperationsConn() grpc.ClientConnInterface { return operationsConn{s} }

// Checks ask the health service of every service, for readiness.
func (s *Set) Checks() []ops.Check {
	var checks []ops.Check
	for _, name := range Names() {
		client := grpc_health_v1.NewHealthClient(s.conns[name])
		checks = append(checks, ops.Check{Name: name, Probe: func(ctx context.Context) error {
			answer, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
			if err != nil {
				// Without the address, which is no business of whoever asks.
				return fmt.Errorf("does not answer (%s)", status.Code(err))
			}
			if answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
				return fmt.Errorf("says %s", answer.GetStatus())
			}
			return nil
		}})
	}
	return checks
}

// operationsConn routes by the request's field service.
type operationsConn struct{ set *Set }

func (c operationsConn) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	request, ok := args.(interface{ GetService() string })
	if !ok {
		return status.Errorf(codes.Internal, "%s has no field service", method)
	}
	conn, err := c.set.Find(request.GetService())
	if err != nil {
		return err
	}
	return conn.Invoke(ctx, method, args, reply, opts...)
}

func (c operationsConn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "the OperationsService has no streams")
}
