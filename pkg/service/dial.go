package service

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"

	"github.com/refersuite/refersuite/pkg/grpcx"
)

// Dial returns a connection to another service, made when first used and closed with the runtime. Calls carry this
// service's own token.
func (rt *Runtime) Dial(target string) (*grpc.ClientConn, error) {
	if rt.Tokens == nil {
		return nil, errors.New("this service calls others and has no key to prove who it is: set SERVICE_KEY or SERVICE_KEY_FILE")
	}
	return rt.dial(target, grpcx.ClientDeps{Tokens: rt.Tokens})
}

// DialAsEdge returns a connection over which the tokens of callers are forwarded. The service's own key, if it has one,
// only proves that the addresses of anonymous callers may be believed.
func (rt *Runtime) DialAsEdge(target string) (*grpc.ClientConn, error) {
	deps := grpcx.ClientDeps{}
	if rt.Tokens != nil {
		deps.EdgeTokens = rt.Tokens
	}
	return rt.dial(target, deps)
}

func (rt *Runtime) dial(target string, deps grpcx.ClientDeps) (*grpc.ClientConn, error) {
	deps.TracerProvider, deps.MeterProvider = rt.Telemetry.TracerProvider, rt.Telemetry.MeterProvider
	conn, err := grpcx.Dial(rt.client.To(target), deps)
	if err != nil {
		return nil, err
	}
	rt.onClose("the connection to "+target, func(context.Context) error {
		if err := conn.Close(); err != nil {
			return fmt.Errorf("%s: %w", target, err)
		}
		return nil
	})
	return conn, nil
}
