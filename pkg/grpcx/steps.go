package grpcx

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/ratelimit"
)

// recoverPanic answers INTERNAL to a call that panicked and logs the stack.
func (c *chain) recoverPanic(ctx context.Context, call *call, rest func(context.Context) error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			c.deps.Logger.ErrorContext(ctx, "panic", "method", call.method, "request_id", call.requestID,
				"panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = Status(errPanic, call.requestID).Err()
		}
	}()
	return rest(ctx)
}

var errPanic = errs.New(errs.Internal, ReasonInternal, "the handler panicked")

// identify takes over the caller's request id or makes one, and returns it in the response header.
func (c *chain) identify(ctx context.Context, call *call, rest func(context.Context) error) error {
	if values := metadata.ValueFromIncomingContext(ctx, RequestIDHeader); len(values) == 1 && SaneRequestID(values[0]) {
		call.requestID = values[0]
	} else {
		call.requestID = c.deps.IDs.NewID()
	}
	if call.request == nil { // the header of a stream leaves with its first message
		c.returned(ctx, call, grpc.SetHeader)
		return rest(ctx)
	}
	if err := rest(ctx); err != nil {
		// A failed call must answer with nothing but trailers: after a header gRPC clients do not retry.
		c.returned(ctx, call, grpc.SetTrailer)
		return err
	}
	c.returned(ctx, call, grpc.SetHeader)
	return nil
}

// returned sends the request id back.
func (c *chain) returned(ctx context.Context, call *call, set func(context.Context, metadata.MD) error) {
	if err := set(ctx, metadata.MD{RequestIDHeader: {call.requestID}}); err != nil {
		c.deps.Logger.DebugContext(ctx, "request id not returned", "request_id", call.requestID, "error", err)
	}
}

// limitTime gives a unary call the default deadline if it has none, and cuts a deadline beyond the longest allowed.
func (c *chain) limitTime(ctx context.Context, call *call, rest func(context.Context) error) error {
	if call.request == nil { // a stream lives as long as its client wants
		return rest(ctx)
	}
	limit := c.cfg.DefaultDeadline
	if _, ok := ctx.Deadline(); ok {
		limit = c.cfg.MaxDeadline
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return rest(ctx)
}

// checkRole lets through whom the policy admits. An RPC without policy admits nobody.
func (c *chain) checkRole(ctx context.Context, call *call, rest func(context.Context) error) error {
	if call.policy == nil {
		return access.Missing(call.method)
	}
	if err := call.policy.CheckRole(call.caller); err != nil {
		return err
	}
	return rest(ctx)
}

// checkSubject keeps people to what is their own.
func checkSubject(_ context.Context, call *call, m proto.Message) error {
	return call.policy.CheckSubject(call.caller, m)
}

// limitRate counts the call against the limit of its policy.
func (c *chain) limitRate(ctx context.Context, call *call, rest func(context.Context) error) error {
	limit := call.policy.RateLimit
	if limit == (access.RateLimit{}) {
		return rest(ctx)
	}
	decision, err := c.deps.Limiter.Allow(ctx, c.limitKey(ctx, call), limit)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil: // a limiter that cannot decide stops nobody
		c.deps.Logger.WarnContext(ctx, "rate limit not applied", "method", call.method, "error", err)
	case !decision.Allowed:
		return ratelimit.Refusal(limit, max(decision.RetryAfter, time.Millisecond))
	}
	return rest(ctx)
}

// audit records the calls of audited RPCs.
func (c *chain) audit(ctx context.Context, call *call, rest func(context.Context) error) error {
	if !call.policy.Audited || call.request == nil {
		return rest(ctx)
	}
	return c.trail.Record(ctx, audit.Call{
		Method: call.method, Caller: call.caller, RequestID: call.requestID, Request: call.request,
	}, func() error { return rest(ctx) })
}
