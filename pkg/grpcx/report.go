package grpcx

import (
	"context"
	"log/slog"

	"google.golang.org/grpc/codes"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
)

// report logs how the call ended and turns its error into a status. Payloads are never logged, and messages meant for the
// caller only where the caller is not at fault, since they may quote the request.
func (c *chain) report(ctx context.Context, call *call, rest func(context.Context) error) error {
	elapsed := clock.Stopwatch()
	err := rest(ctx)
	if err == nil {
		if c.deps.Logger.Enabled(ctx, slog.LevelDebug) {
			c.log(ctx, call, slog.LevelDebug, slog.String("code", codes.OK.String()), slog.Duration("elapsed", elapsed()))
		}
		return nil
	}
	status := Status(err, call.requestID)
	attrs := []slog.Attr{
		slog.String("code", status.Code().String()),
		slog.String("reason", errs.Reason(err)),
		slog.Duration("elapsed", elapsed()),
	}
	level := levelOf(status.Code())
	if level > slog.LevelInfo {
		attrs = append(attrs, slog.Any("error", fullError(err)))
	}
	c.log(ctx, call, level, attrs...)
	return status.Err()
}

func (c *chain) log(ctx context.Context, call *call, level slog.Level, attrs ...slog.Attr) {
	attrs = append([]slog.Attr{
		slog.String("method", call.method),
		slog.String("request_id", call.requestID),
		slog.String("subject", call.caller.Subject),
	}, attrs...)
	c.deps.Logger.LogAttrs(ctx, level, "call", attrs...)
}

// levelOf says how much attention an outcome deserves: a defect most, a caller's mistake little.
func levelOf(code codes.Code) slog.Level {
	switch code {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return slog.LevelError
	case codes.Unavailable, codes.DeadlineExceeded, codes.Aborted:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}
