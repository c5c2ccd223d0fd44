package testkit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/redisx"
)

// Redis returns an empty Redis, private to the test: the one at REDIS_URL, or one inside this process.
func Redis(t testing.TB) redis.UniversalClient {
	t.Helper()
	if os.Getenv("REDIS_URL") != "" {
		return RealRedis(t)
	}
	client, err := redisx.Local(context.WithoutCancel(t.Context()), redisx.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Errorf("close Redis: %v", err)
		}
	})
	return client
}

// RealRedis returns an empty database of the single server at REDIS_URL. The test holds one of the numbered databases 1
// to 15, whichever is free, until its end.
func RealRedis(t testing.TB) redis.UniversalClient {
	t.Helper()
	opts, err := redis.ParseURL(RedisURL(t))
	if err != nil {
		t.Fatal("REDIS_URL cannot be parsed: tests need redis://host:port/0 of a single server")
	}
	registry := redis.NewClient(opts)
	number, release := claimRedis(t, registry)
	private := *opts
	private.DB = number
	client := redis.NewClient(&private)
	if err := client.FlushDB(t.Context()).Err(); err != nil {
		t.Fatalf("empty Redis database %d: %v", number, err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := client.FlushDB(ctx).Err(); err != nil {
			t.Errorf("empty Redis database %d: %v", number, err)
		}
		release(ctx)
		if err := client.Close(); err != nil {
			t.Errorf("close Redis: %v", err)
		}
		if err := registry.Close(); err != nil {
			t.Errorf("close Redis: %v", err)
		}
	})
	return client
}

// RedisURL returns the address of the real server, for tests that start processes or clients of their own.
func RedisURL(t testing.TB) string {
	t.Helper()
	url := os.Getenv("REDIS_URL")
	if url == "" {
		noStore(t, "REDIS_URL")
	}
	return url
}

// claimRedis takes a free database for the test. A claim that is never released, since its process died, runs out.
func claimRedis(t testing.TB, registry *redis.Client) (number int, release func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	token := rand.Text()
	for {
		for n := 1; n <= 15; n++ {
			key := fmt.Sprintf("testkit:database:%d", n)
			err := registry.SetArgs(ctx, key, token, redis.SetArgs{Mode: "NX", TTL: 15 * time.Minute}).Err()
			if err == nil {
				return n, func(ctx context.Context) {
					if err := registry.Del(ctx, key).Err(); err != nil {
						t.Errorf("release Redis database %d: %v", n, err)
					}
				}
			}
			if !errors.Is(err, redis.Nil) {
				t.Fatalf("claim a Redis database, check REDIS_URL: %v", err)
			}
		}
		if err := clock.Wait(ctx, clock.System(), 50*time.Millisecond); err != nil {
			t.Fatal("no Redis database became free in a minute: 15 tests hold them all")
		}
	}
}
