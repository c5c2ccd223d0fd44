// Package redisstore keeps what the edge keeps in Redis, shared by its replicas. Losing it loses no truth.
package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/refersuite/refersuite/gateway/internal/idempotency"
)

// prefix keeps the edge's keys apart from those of the services.
const prefix = "refersuite:gateway:idempotency:"

// Idempotency keeps the answers to idempotency keys.
type Idempotency struct{ client redis.UniversalClient }

var _ idempotency.Store = (*Idempotency)(nil)

// NewIdempotency returns the store over a Redis client.
func NewIdempotency(client redis.UniversalClient) *Idempotency { return &Idempotency{client} }

// replace compares and sets, remove compares and deletes; each touches one key.
var (
	replace = redis.NewScript(`if redis.call("GET", KEYS[1]) == ARGV[1] then
	redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[3])
	return 1
end
return 0`)
	remove = redis.NewScript(`if redis.call("GET", KEYS[1]) == ARGV[1] then
	return redis.call("DEL", KEYS[1])
end
return 0`)
)

// Reserve implements idempotency.Store.
func (s *Idempotency) Reserve(ctx context.Context, key string, value []byte, ttl time.Duration) ([]byte, bool, error) {
	// A value that runs out between the two commands is worth a second try, not a third.
	for range 2 {
		err := s.client.SetArgs(ctx, prefix+key, value, redis.SetArgs{Mode: "NX", TTL: ttl}).Err()
		if err == nil {
			return nil, true, nil
		}
		if !errors.Is(err, redis.Nil) {
			return nil, false, fmt.Errorf("reserve idempotency key: %w", err)
		}
		present, err := s.client.Get(ctx, prefix+key).Bytes()
		if err == nil {
			return present, false, nil
		}
		if !errors.Is(err, redis.Nil) {
			return nil, false, fmt.Errorf("read idempotency key: %w", err)
		}
	}
	return nil, false, errors.New("reserve idempotency key: it keeps running out")
}

// Replace implements idempotency.Store.
func (s *Idempotency) Replace(ctx context.Context, key string, old, next []byte, ttl time.Duration) error {
	if err := replace.Run(ctx, s.client, []string{prefix + key}, old, next, ttl.Milliseconds()).Err(); err != nil {
		return fmt.Errorf("keep the answer to an idempotency key: %w", err)
	}
	return nil
}

// Remove implements idempotency.Store.
func (s *Idempotency) Remove(ctx context.Context, key string, old []byte) error {
	if err := remove.Run(ctx, s.client, []string{prefix + key}, old).Err(); err != nil {
		return fmt.Errorf("forget an idempotency key: %w", err)
	}
	return nil
}
