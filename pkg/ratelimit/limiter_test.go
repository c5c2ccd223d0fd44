package ratelimit_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	metricsdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/ratelimit"
	"github.com/refersuite/refersuite/pkg/testkit"
)

var ten = access.RateLimit{Requests: 10, Period: time.Hour}

func allow(t *testing.T, l ratelimit.Limiter, key string, limit access.RateLimit) ratelimit.Decision {
	t.Helper()
	d, err := l.Allow(t.Context(), key, limit)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// contract is what every limiter does.
func contract(t *testing.T, l ratelimit.Limiter) {
	t.Helper()
	var allowed atomic.Int64
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if allow(t, l, "race", ten).Allowed {
				allowed.Add(1)
			}
		})
	}
	group.Wait()
	if n := allowed.Load(); n != 10 {
		t.Errorf("%d of 20 racers allowed, want 10", n)
	}
	d := allow(t, l, "race", ten)
	if d.Allowed || d.RetryAfter <= 0 || d.RetryAfter > 6*time.Minute {
		t.Errorf("beyond the limit: %+v, want refused for up to 6m", d)
	}
	if d := allow(t, l, "other", ten); !d.Allowed {
		t.Errorf("another key: %+v", d)
	}
	if d := allow(t, l, "race", access.RateLimit{}); !d.Allowed {
		t.Errorf("no limit: %+v", d)
	}
}

func TestLocal_Contract(t *testing.T) {
	contract(t, ratelimit.NewLocal(clock.NewFake(time.Unix(0, 0)), 0))
}

func TestRedis_Contract(t *testing.T) {
	l, err := ratelimit.NewRedis(testkit.Redis(t), ratelimit.RedisDeps{Clock: clock.System(), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	contract(t, l)
}

func TestStores_RateLimitContract(t *testing.T) {
	l, err := ratelimit.NewRedis(testkit.RealRedis(t), ratelimit.RedisDeps{Clock: clock.System(), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	contract(t, l)
}

func TestLocal_RefillsEvenly(t *testing.T) {
	fake := clock.NewFake(time.Unix(0, 0))
	l := ratelimit.NewLocal(fake, 0)
	for range 10 {
		allow(t, l, "a", ten)
	}
	d := allow(t, l, "a", ten)
	if d.Allowed || d.RetryAfter != 6*time.Minute {
		t.Fatalf("decision = %+v, want to wait 6m", d)
	}
	fake.Advance(d.RetryAfter)
	if d := allow(t, l, "a", ten); !d.Allowed {
		t.Error("refused after waiting as told")
	}
	if d := allow(t, l, "a", ten); d.Allowed {
		t.Error("one period's share gave two calls")
	}
}

func TestLocal_RemembersABoundedNumberOfCallers(t *testing.T) {
	fake := clock.NewFake(time.Unix(0, 0))
	l := ratelimit.NewLocal(fake, 100)
	for i := range 1000 {
		if d := allow(t, l, fmt.Sprint(i), ten); !d.Allowed {
			t.Fatalf("caller %d was refused at the first call", i)
		}
	}
	if n := l.Size(); n > 100 {
		t.Fatalf("%d callers remembered, want at most 100", n)
	}
	fake.Advance(time.Hour)
	allow(t, l, "late", ten)
	if n := l.Size(); n > 100 {
		t.Fatalf("%d callers remembered", n)
	}
}

// brokenRedis fails every command and counts them.
func brokenRedis(t *testing.T, calls *atomic.Int64) redis.UniversalClient {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
	client.AddHook(failing{calls})
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

type failing struct{ calls *atomic.Int64 }

func (f failing) DialHook(next redis.DialHook) redis.DialHook { return next }

func (f failing) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (f failing) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(_ context.Context, cmd redis.Cmder) error {
		f.calls.Add(1)
		err := fmt.Errorf("connection refused")
		cmd.SetErr(err)
		return err
	}
}

func TestRedis_FallsBackToItselfWhenRedisFails(t *testing.T) {
	fake := clock.NewFake(time.Unix(1000, 0))
	reader := metricsdk.NewManualReader()
	var calls atomic.Int64
	var log bytes.Buffer
	l, err := ratelimit.NewRedis(brokenRedis(t, &calls), ratelimit.RedisDeps{
		Clock: fake, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		MeterProvider: metricsdk.NewMeterProvider(metricsdk.WithReader(reader)),
	})
	if err != nil {
		t.Fatal(err)
	}
	allowed := 0
	for range 15 {
		if allow(t, l, "a", ten).Allowed {
			allowed++
		}
	}
	if allowed != 10 {
		t.Errorf("%d allowed without Redis, want 10", allowed)
	}
	if n := calls.Load(); n != 1 {
		t.Errorf("Redis was asked %d times, want once and then left alone for a while", n)
	}
	if !strings.Contains(log.String(), "Redis failed") {
		t.Errorf("log = %s", log.String())
	}
	fake.Advance(2 * time.Second)
	allow(t, l, "a", ten)
	if n := calls.Load(); n != 2 {
		t.Errorf("Redis was asked %d times, want again after the pause", n)
	}
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	if sum, ok := collected.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64]); !ok || sum.DataPoints[0].Value != 16 {
		t.Errorf("metrics = %+v, want 16 local decisions", collected.ScopeMetrics)
	}
}

func TestRefusal_SaysHowLongToWait(t *testing.T) {
	err := ratelimit.Refusal(ten, 90*time.Second)
	if errs.CodeOf(err) != errs.ResourceExhausted || errs.Reason(err) != ratelimit.ReasonRateLimited || !strings.Contains(err.Error(), "1m30s") {
		t.Fatalf("err = %v", err)
	}
}
