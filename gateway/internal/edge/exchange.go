// Package edge is what happens to every HTTP request of the edge before it becomes an RPC: an id, a span, a log entry,
// headers, CORS, limits and the caller's token.
package edge

import (
	"context"
	"net/http"
)

// Middleware wraps a handler.
type Middleware func(http.Handler) http.Handler

// Chain applies middlewares; the first one is the outermost.
func Chain(handler http.Handler, middlewares ...Middleware) http.Handler {
	for i := len(middlewares) - 1; i >= 0; i-- {
		handler = middlewares[i](handler)
	}
	return handler
}

// exchange is what the middlewares of one request tell each other.
type exchange struct {
	// observed is the request as telemetry sees it: its Pattern names the span and labels the metrics.
	observed *http.Request
	route    string
	subject  string
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	if known, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return known
	}
	return &exchange{}
}

// SetRoute says which path template a request was matched with. Spans, metrics and the access log name requests by it,
// since paths carry identifiers.
func SetRoute(ctx context.Context, template string) {
	current := exchangeOf(ctx)
	current.route = template
	if current.observed != nil {
		current.observed.Pattern = template
	}
}
