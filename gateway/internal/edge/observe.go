package edge

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"

	"github.com/refersuite/refersuite/gateway/internal/apierror"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/grpcx"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/otelx"
)

// RequestID takes over the caller's id if it looks sane, or makes one, and returns it. Every call made for the request
// carries it.
func RequestID(ids idgen.Source) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id := r.Header.Get(apierror.RequestIDHeader)
			if !grpcx.SaneRequestID(id) {
				id = ids.NewID()
			}
			w.Header().Set(apierror.RequestIDHeader, id)
			next.ServeHTTP(w, r.WithContext(grpcx.WithRequestID(r.Context(), id)))
		})
	}
}

// Telemetry makes a span and RED metrics per request. A caller who is to be trusted with that has its trace continued and
// its decision on recording followed; otherwise a trace begins here that is linked to the caller's.
func Telemetry(tracers trace.TracerProvider, meters metric.MeterProvider, trustCaller bool) Middleware {
	observe := otelhttp.NewMiddleware("", otelhttp.WithTracerProvider(tracers), otelhttp.WithMeterProvider(meters),
		otelhttp.WithPropagators(otelx.Propagator()),
		otelhttp.WithPublicEndpointFn(func(*http.Request) bool { return !trustCaller }),
		// Else the header Host, which strangers choose, would become a label.
		otelhttp.WithServerName("gateway"))
	return func(next http.Handler) http.Handler {
		return observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			current := &exchange{observed: r}
			// The copy keeps its hands off r.Pattern: what r says in the end is what telemetry reports.
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, current)))
		}))
	}
}

// AccessLog writes one entry per request: no path, no query, no address, for they may tell who somebody is.
func AccessLog(logger *slog.Logger) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			elapsed := clock.Stopwatch()
			seen := &recorder{ResponseWriter: w}
			next.ServeHTTP(seen, r)
			current := exchangeOf(r.Context())
			level := slog.LevelInfo
			if seen.code() >= http.StatusInternalServerError {
				level = slog.LevelWarn
			}
			logger.LogAttrs(r.Context(), level, "request",
				slog.String("method", r.Method),
				slog.String("route", current.route),
				slog.Int("status", seen.code()),
				slog.String("request_id", grpcx.RequestID(r.Context())),
				slog.String("subject", current.subject),
				slog.Int64("bytes", seen.bytes),
				slog.Duration("elapsed", elapsed()),
			)
		})
	}
}

// Recover answers 500 to a request whose handler panicked and logs the stack.
func Recover(logger *slog.Logger) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				cause := recover()
				if cause == nil {
					return
				}
				if cause == http.ErrAbortHandler { //nolint:errorlint // the sentinel itself, as net/http says
					panic(cause)
				}
				logger.ErrorContext(r.Context(), "panic", "panic", fmt.Sprint(cause), "stack", string(debug.Stack()),
					"request_id", grpcx.RequestID(r.Context()))
				apierror.Write(w, apierror.New(codes.Internal, apierror.ReasonInternal, "internal error"))
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(data []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(data)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}
