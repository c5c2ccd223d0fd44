package service

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/ops"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/ratelimit"
	"github.com/refersuite/refersuite/pkg/redisx"
)

// Parts are pieces that several runtimes of one process share. A nil piece is made from the settings, and then belongs to
// the runtime.
type Parts struct {
	// Clock and IDs default to the system's clock and to UUIDs.
	Clock clock.Clock
	IDs   idgen.Source
	// Telemetry of this service.
	Telemetry *otelx.Telemetry
	// Mongo is a client from which the runtime takes its database.
	Mongo *mongo.Client
	// Redis is a client.
	Redis redis.UniversalClient
	// Issuer signs the service's own calls.
	Issuer *authn.Issuer
	// Verifier believes tokens.
	Verifier authn.Verifier
	// Version of the build.
	Version string
}

// Build makes the runtime of a service from its settings and the parts that are already there. It connects to the stores
// and fails when one does not answer. Close must be called at the end.
func Build(ctx context.Context, name string, cfg Config, parts Parts) (*Runtime, error) {
	rt := &Runtime{
		Name: name, Clock: parts.Clock, IDs: parts.IDs, Telemetry: parts.Telemetry, Verifier: parts.Verifier, client: cfg.Client,
	}
	if rt.Clock == nil {
		rt.Clock = clock.System()
	}
	if rt.IDs == nil {
		rt.IDs = idgen.UUIDv7()
	}
	for _, step := range []func(context.Context, Config, Parts) error{
		rt.buildTelemetry, rt.buildMongo, rt.buildRedis, rt.buildLimiter, rt.buildAuth, rt.buildAudit,
	} {
		if err := step(ctx, cfg, parts); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", name, err), rt.Close(context.WithoutCancel(ctx)))
		}
	}
	return rt, nil
}

func (rt *Runtime) buildTelemetry(ctx context.Context, cfg Config, parts Parts) error {
	if rt.Telemetry == nil {
		telemetry, err := otelx.Setup(ctx, cfg.Telemetry, otelx.Options{Service: rt.Name, Version: parts.Version})
		if err != nil {
			return err
		}
		rt.Telemetry = telemetry
		rt.onClose("telemetry", telemetry.Shutdown)
	}
	rt.Logger = rt.Telemetry.Logger
	return nil
}

func (rt *Runtime) buildMongo(ctx context.Context, cfg Config, parts Parts) error {
	client := parts.Mongo
	if client == nil && cfg.Stores.MongoURI == "" {
		return nil
	}
	if client == nil {
		connected, err := mongox.Connect(ctx, mongox.Config{
			URI: cfg.Stores.MongoURI, AppName: "refersuite-" + rt.Name, MaxPoolSize: cfg.Stores.MongoPool,
		}, mongox.Deps{
			Logger: rt.Logger, TracerProvider: rt.Telemetry.TracerProvider, MeterProvider: rt.Telemetry.MeterProvider,
		})
		if err != nil {
			return err
		}
		client = connected
		rt.onClose("MongoDB", func(ctx context.Context) error { return mongox.Close(ctx, connected) })
	}
	database := cfg.Stores.MongoDatabase
	if database == "" {
		database = "refersuite_" + rt.Name
	}
	rt.Mongo = client.Database(database)
	rt.AddCheck(ops.Check{Name: "mongodb", Probe: func(ctx context.Context) error {
		return client.Ping(ctx, nil)
	}})
	return nil
}

func (rt *Runtime) buildRedis(ctx context.Context, cfg Config, parts Parts) error {
	rt.Redis = parts.Redis
	if rt.Redis == nil {
		deps := redisx.Deps{TracerProvider: rt.Telemetry.TracerProvider, MeterProvider: rt.Telemetry.MeterProvider}
		client, err := connectRedis(ctx, cfg.Stores, deps)
		if err != nil {
			return err
		}
		rt.Redis = client
		rt.onClose("Redis", func(context.Context) error { return client.Close() })
	}
	rt.AddCheck(ops.Check{Name: "redis", Optional: true, Probe: func(ctx context.Context) error {
		return rt.Redis.Ping(ctx).Err()
	}})
	return nil
}

func connectRedis(ctx context.Context, stores Stores, deps redisx.Deps) (redis.UniversalClient, error) {
	if stores.RedisURL == "" {
		// It ends with Close and not with ctx, so that calls in flight still find it during the stop.
		return redisx.Local(context.WithoutCancel(ctx), deps)
	}
	return redisx.Connect(ctx, redisx.Config{URL: stores.RedisURL, PoolSize: stores.RedisPool}, deps)
}

// buildLimiter shares limits between the replicas of a service where there is a Redis to share them through.
func (rt *Runtime) buildLimiter(_ context.Context, cfg Config, _ Parts) error {
	if cfg.Stores.RedisURL == "" {
		return nil
	}
	limiter, err := ratelimit.NewRedis(rt.Redis, ratelimit.RedisDeps{
		Clock: rt.Clock, Logger: rt.Logger, MeterProvider: rt.Telemetry.MeterProvider,
	})
	if err != nil {
		return err
	}
	rt.Limiter = limiter
	return nil
}

func (rt *Runtime) buildAuth(_ context.Context, cfg Config, parts Parts) error {
	if rt.Verifier == nil {
		verifier, err := cfg.Auth.NewVerifier(rt.Clock)
		if err != nil {
			return err
		}
		rt.Verifier = verifier
	}
	issuer := parts.Issuer
	if issuer == nil {
		own, err := cfg.Auth.NewIssuer(rt.Clock)
		if err != nil {
			return err
		}
		issuer = own
	}
	if issuer != nil {
		rt.Tokens = authn.NewServiceTokens(issuer, rt.Name)
	}
	return nil
}
