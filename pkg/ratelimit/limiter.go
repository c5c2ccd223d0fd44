// Package ratelimit bounds how often one caller may call one RPC. Limits are shared by all replicas through Redis; while
// Redis does not answer every process limits by itself, so that neither a lost Redis stops the service nor a flood passes.
package ratelimit

import (
	"context"
	"time"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/errs"
)

// ReasonRateLimited says that the caller called too often.
const ReasonRateLimited = "RATE_LIMITED"

// Decision is the answer of a Limiter.
type Decision struct {
	// Allowed says whether the call may go on.
	Allowed bool
	// RetryAfter is when a refused caller may try again; zero when Allowed.
	RetryAfter time.Duration
}

// Limiter counts calls by key. Implementations are safe for concurrent use.
type Limiter interface {
	// Allow counts one call of key against the limit and decides about it. A full limit refills evenly over its period. An
	// error means that nobody can decide.
	Allow(ctx context.Context, key string, limit access.RateLimit) (Decision, error)
}

// Refusal is the error for a call that was not allowed: RESOURCE_EXHAUSTED (RATE_LIMITED) with the time to wait.
func Refusal(limit access.RateLimit, retryAfter time.Duration) error {
	return errs.New(errs.ResourceExhausted, ReasonRateLimited,
		"more than %d calls in %s: wait %s before trying again", limit.Requests, limit.Period, retryAfter.Round(time.Millisecond)).
		WithRetryAfter(retryAfter)
}
