package ratelimit

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/clock"
)

const (
	defaultTimeout = 50 * time.Millisecond
	// redisPause is how long Redis is left alone after it failed.
	redisPause = time.Second
)

// RedisDeps is what NewRedis needs. Clock is required.
type RedisDeps struct {
	// Clock tells the time.
	Clock clock.Clock
	// Logger reports when Redis fails; nil discards.
	Logger *slog.Logger
	// MeterProvider counts decisions made without Redis; nil counts nothing.
	MeterProvider metric.MeterProvider
	// Timeout bounds what a slow Redis may cost a call; zero means 50 ms.
	Timeout time.Duration
}

// Redis shares limits between replicas. While Redis fails, this process decides by itself.
type Redis struct {
	limiter  *redis_rate.Limiter
	fallback *Local
	deps     RedisDeps
	local    metric.Int64Counter
	// pausedUntil is in Unix milliseconds.
	pausedUntil atomic.Int64
}

var _ Limiter = (*Redis)(nil)

// NewRedis returns a limiter over a Redis client.
func NewRedis(client redis.UniversalClient, deps RedisDeps) (*Redis, error) {
	if client == nil || deps.Clock == nil {
		return nil, fmt.Errorf("ratelimit: a Redis client and a clock are required")
	}
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	if deps.MeterProvider == nil {
		deps.MeterProvider = metricnoop.NewMeterProvider()
	}
	if deps.Timeout == 0 {
		deps.Timeout = defaultTimeout
	}
	local, err := deps.MeterProvider.Meter("github.com/refersuite/refersuite/pkg/ratelimit").Int64Counter(
		"refersuite.ratelimit.local_decisions",
		metric.WithDescription("Rate limit decisions made by this process alone because Redis failed."))
	if err != nil {
		return nil, fmt.Errorf("ratelimit: %w", err)
	}
	return &Redis{
		limiter:  redis_rate.NewLimiter(client),
		fallback: NewLocal(deps.Clock, 0),
		deps:     deps,
		local:    local,
	}, nil
}

// Allow implements Limiter. It does not fail: without Redis the decision is local.
func (r *Redis) Allow(ctx context.Context, key string, limit access.RateLimit) (Decision, error) {
	if limit.Requests <= 0 || limit.Period <= 0 {
		return Decision{Allowed: true}, nil
	}
	now := r.deps.Clock.Now()
	if now.UnixMilli() >= r.pausedUntil.Load() {
		decision, err := r.ask(ctx, key, limit)
		if err == nil {
			return decision, nil
		}
		if ctx.Err() != nil {
			return Decision{}, ctx.Err()
		}
		r.pausedUntil.Store(now.Add(redisPause).UnixMilli())
		r.deps.Logger.WarnContext(ctx, "rate limits are local to this process: Redis failed", "error", err)
	}
	r.local.Add(ctx, 1)
	return r.fallback.Allow(ctx, key, limit)
}

func (r *Redis) ask(ctx context.Context, key string, limit access.RateLimit) (Decision, error) {
	ctx, cancel := context.WithTimeout(ctx, r.deps.Timeout)
	defer cancel()
	result, err := r.limiter.Allow(ctx, key, redis_rate.Limit{
		Rate: limit.Requests, Burst: limit.Requests, Period: limit.Period,
	})
	if err != nil {
		return Decision{}, fmt.Errorf("ask Redis: %w", err)
	}
	if result.Allowed > 0 {
		return Decision{Allowed: true}, nil
	}
	return Decision{RetryAfter: result.RetryAfter}, nil
}
