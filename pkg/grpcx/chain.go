package grpcx

import (
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/errs"
)

// step is one thing done to every call. The zero value of either function does nothing.
type step struct {
	// around wraps the rest of the call.
	around func(ctx context.Context, c *call, rest func(context.Context) error) error
	// message checks one request message: the request of a unary call before the rest of it, every received message of a
	// stream.
	message func(ctx context.Context, c *call, m proto.Message) error
}

// call is what the steps know about one call.
type call struct {
	method    string
	policy    *access.Policy
	requestID string
	// request is nil for a stream.
	request proto.Message
	caller  access.Caller
}

// chain runs the steps in their order, for unary calls and for streams alike.
type chain struct {
	cfg       ServerConfig
	deps      ServerDeps
	policies  access.Table
	validator validator
	trail     *audit.Trail
	steps     []step
	// stopping ends when the server begins to stop; it ends all streams, which would otherwise hold up a graceful stop.
	stopping context.Context
	stop     context.CancelFunc
}

func newChain(cfg ServerConfig, deps ServerDeps) (*chain, error) {
	c := &chain{cfg: cfg, deps: deps}
	c.stopping, c.stop = context.WithCancel(context.Background())
	if deps.Audit != nil {
		trail, err := audit.NewTrail(audit.Deps{
			Store: deps.Audit, Clock: deps.Clock, Logger: deps.Logger, MeterProvider: deps.MeterProvider,
		})
		if err != nil {
			return nil, err
		}
		c.trail = trail
	}
	c.steps = []step{
		// A panic anywhere further in is one failed call, not a dead process.
		{around: c.recoverPanic},
		// Everything further in, and every answer, names the request.
		{around: c.identify},
		// The outcome is logged, and turned into a status, once.
		{around: c.report},
		// No call waits for ever.
		{around: c.limitTime},
		// Who is it?
		{around: c.authenticate},
		// May they? First the role, then whether they act for themselves.
		{around: c.checkRole, message: checkSubject},
		// How often? After access, so that nobody uses up the allowance of others.
		{around: c.limitRate},
		// Is the request well formed? After access, so that strangers learn nothing about it.
		{message: c.validate},
		// What was attempted, and what came of it? Innermost, so that refused calls leave no trace in the trail.
		{around: c.audit},
	}
	return c, nil
}

// prepare makes the chain ready for the RPCs of a table.
func (c *chain) prepare(policies access.Table) error {
	c.policies = policies
	for _, method := range policies.Methods() {
		if policy, _ := policies.Policy(method); policy.Audited && c.trail == nil {
			return errors.New("rpc " + method + " is audited, but the server has no audit store; set ServerDeps.Audit")
		}
	}
	var err error
	c.validator, err = newValidator(policies)
	return err
}

type callKey struct{}

// run does the steps from the i-th on, and then the handler.
func (c *chain) run(ctx context.Context, call *call, i int, handler func(context.Context) error) error {
	if i == len(c.steps) {
		return handler(ctx)
	}
	step := c.steps[i]
	rest := func(ctx context.Context) error {
		if step.message != nil && call.request != nil {
			if err := step.message(ctx, call, call.request); err != nil {
				return err
			}
		}
		return c.run(ctx, call, i+1, handler)
	}
	if step.around == nil {
		return rest(ctx)
	}
	return step.around(ctx, call, rest)
}

// unary is the interceptor of unary calls.
func (c *chain) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	call := &call{method: info.FullMethod}
	call.policy, _ = c.policies.Policy(info.FullMethod)
	var resp any
	call.request, _ = req.(proto.Message)
	err := c.run(context.WithValue(ctx, callKey{}, call), call, 0, func(ctx context.Context) (err error) {
		if call.request == nil {
			return errs.New(errs.Internal, "REQUEST_FOREIGN", "the request of %s is not a protobuf message", call.method)
		}
		resp, err = handler(ctx, req)
		return err
	})
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// stream is the interceptor of streams. Messages are checked as they are received.
func (c *chain) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	call := &call{method: info.FullMethod}
	call.policy, _ = c.policies.Policy(info.FullMethod)
	ctx, cancel := context.WithCancel(context.WithValue(ss.Context(), callKey{}, call))
	defer cancel()
	defer context.AfterFunc(c.stopping, cancel)()
	return c.run(ctx, call, 0, func(ctx context.Context) error {
		return handler(srv, &checkedStream{ServerStream: ss, ctx: ctx, chain: c, call: call})
	})
}

// checkedStream checks every received message.
type checkedStream struct {
	grpc.ServerStream
	ctx   context.Context
	chain *chain
	call  *call
}

// Context returns the context that the steps have built.
func (s *checkedStream) Context() context.Context { return s.ctx }

// RecvMsg receives a message and does the steps for it.
func (s *checkedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	message, ok := m.(proto.Message)
	if !ok {
		return errs.New(errs.Internal, "REQUEST_FOREIGN", "a message of %s is not a protobuf message", s.call.method)
	}
	for _, step := range s.chain.steps {
		if step.message == nil {
			continue
		}
		if err := step.message(s.ctx, s.call, message); err != nil {
			return err
		}
	}
	return nil
}
