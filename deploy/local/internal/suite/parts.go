package suite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.opentelemetry.io/otel/metric"

	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/redisx"
	"github.com/refersuite/refersuite/pkg/service"
)

// shared are the pieces that all services of the process use together.
type shared struct {
	options  Options
	clock    clock.Clock
	key      jwk.Key
	issuer   *authn.Issuer
	verifier authn.Verifier
	mongo    *mongo.Client
	redis    redis.UniversalClient
	registry *prometheus.Registry
	// telemetries are those made so far, by service.
	telemetries map[string]*otelx.Telemetry
}

func newShared(ctx context.Context, o Options) (*shared, error) {
	s := &shared{options: o, clock: o.Clock, registry: prometheus.NewRegistry(), telemetries: map[string]*otelx.Telemetry{}}
	if s.clock == nil {
		s.clock = clock.System()
	}
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, step := range []func(context.Context) error{s.openKey, s.openStores} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.close(ctx))
		}
	}
	return s, nil
}

// openKey loads or makes the development key, which signs the tokens of people and of the services alike.
func (s *shared) openKey(context.Context) (err error) {
	if s.options.KeyFile == "" {
		s.key, err = authn.GenerateKey(idgen.Random())
	} else {
		s.key, err = authn.LoadOrCreateKey(s.options.KeyFile, idgen.Random())
	}
	if err != nil {
		return fmt.Errorf("development key: %w", err)
	}
	s.issuer, s.verifier, err = service.DevIssuer(s.key, s.clock)
	return err
}

func (s *shared) openStores(ctx context.Context) error {
	stores, err := config.LoadFrom[service.Stores](s.options.environ(nil))
	if err != nil {
		return err
	}
	telemetry, err := s.telemetry(ctx, "stores")
	if err != nil {
		return err
	}
	if stores.MongoURI != "" {
		s.mongo, err = mongox.Connect(ctx, mongox.Config{URI: stores.MongoURI, AppName: "refersuite", MaxPoolSize: stores.MongoPool},
			mongox.Deps{Logger: telemetry.Logger, TracerProvider: telemetry.TracerProvider, MeterProvider: telemetry.MeterProvider})
		if err != nil {
			return err
		}
	}
	deps := redisx.Deps{TracerProvider: telemetry.TracerProvider, MeterProvider: telemetry.MeterProvider}
	if stores.RedisURL == "" {
		// It ends with close, so that calls in flight still find it during the stop.
		s.redis, err = redisx.Local(context.WithoutCancel(ctx), deps)
	} else {
		s.redis, err = redisx.Connect(ctx, redisx.Config{URL: stores.RedisURL, PoolSize: stores.RedisPool}, deps)
	}
	return err
}

// telemetry returns that of a service; all of them are served by one metrics endpoint.
func (s *shared) telemetry(ctx context.Context, name string) (*otelx.Telemetry, error) {
	cfg, err := config.LoadFrom[otelx.Config](s.options.environ(nil))
	if err != nil {
		return nil, err
	}
	telemetry, err := otelx.Setup(ctx, cfg, otelx.Options{
		Service: name, Version: s.options.Version, Log: s.options.Log, Registry: s.registry,
	})
	if err != nil {
		return nil, err
	}
	if s.options.Tracers != nil {
		telemetry.TracerProvider = s.options.Tracers(name)
	}
	s.telemetries[name] = telemetry
	return telemetry, nil
}

// parts are what a service's runtime is built from.
func (s *shared) parts(ctx context.Context, name string) (service.Parts, error) {
	telemetry, err := s.telemetry(ctx, name)
	if err != nil {
		return service.Parts{}, err
	}
	return service.Parts{
		Clock: s.clock, IDs: idgen.UUIDv7(), Telemetry: telemetry, Mongo: s.mongo, Redis: s.redis,
		Issuer: s.issuer, Verifier: s.verifier, Version: s.options.Version,
	}, nil
}

// MeterProvider is the one for libraries that report to the global provider of the process.
func (s *Suite) MeterProvider() metric.MeterProvider {
	return s.shared.telemetries["stores"].MeterProvider
}

// secret derives a secret setting from the development key, so that it is the same in the next run.
func (s *shared) secret(name string) (string, error) {
	private, err := json.Marshal(s.key)
	if err != nil {
		return "", fmt.Errorf("derive %s: %w", name, err)
	}
	sum := sha256.Sum256(append([]byte(name+"\x00"), private...))
	return hex.EncodeToString(sum[:]), nil
}

func (s *shared) close(ctx context.Context) error {
	var problems []error
	if s.redis != nil {
		problems = append(problems, s.redis.Close())
	}
	if s.mongo != nil {
		problems = append(problems, mongox.Close(ctx, s.mongo))
	}
	for _, telemetry := range s.telemetries {
		problems = append(problems, telemetry.Shutdown(ctx))
	}
	return errors.Join(problems...)
}
