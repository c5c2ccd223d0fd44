// Package redisx connects to Redis or Valkey, single or cluster, or runs one in this process. Redis never holds truth:
// whatever is read from it can be rebuilt.
package redisx

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/extra/redisotel/v9"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// Timeouts of every client.
const (
	dialTimeout  = 3 * time.Second
	readTimeout  = 2 * time.Second
	writeTimeout = 2 * time.Second
	poolTimeout  = 3 * time.Second
)

// Config says how to reach Redis.
type Config struct {
	// URL is redis://, rediss:// (TLS) or, for a cluster, redis+cluster:// or rediss+cluster:// with the seed nodes
	// separated by commas. It may carry credentials and is never logged.
	URL string `env:"REDIS_URL" secret:"true"`
	// PoolSize bounds the connections to each node.
	PoolSize int `env:"REDIS_POOL_SIZE" envDefault:"32"`
}

// Deps are what a client reports to. Its zero value reports nothing.
type Deps struct {
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
}

// Connect returns a client of the server or cluster that the URL names, once it has answered. The caller closes it.
func Connect(ctx context.Context, cfg Config, deps Deps) (redis.UniversalClient, error) {
	opts, cluster, err := parse(cfg)
	if err != nil {
		return nil, err
	}
	var client redis.UniversalClient
	if cluster {
		client = redis.NewClusterClient(opts.Cluster())
	} else {
		client = redis.NewClient(opts.Simple())
	}
	if err := instrument(client, deps); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	pingCtx, cancel := context.WithTimeout(ctx, dialTimeout+readTimeout)
	defer cancel()
	if err := client.Ping(pingCtx).Err(); err != nil {
		return nil, errors.Join(fmt.Errorf("no Redis answered at %s, check REDIS_URL and that the server is up: %w",
			strings.Join(opts.Addrs, ", "), err), client.Close())
	}
	return client, nil
}

// parse turns the URL into options. Its errors never contain the URL, which may hold a password.
func parse(cfg Config) (*redis.UniversalOptions, bool, error) {
	if cfg.URL == "" {
		return nil, false, errors.New("REDIS_URL is empty: set it to the server's address, for example redis://127.0.0.1:6379/0")
	}
	scheme, rest, ok := strings.Cut(cfg.URL, "://")
	if !ok {
		return nil, false, errors.New("REDIS_URL has no scheme: use redis://, rediss://, redis+cluster:// or rediss+cluster://")
	}
	base, cluster := strings.CutSuffix(scheme, "+cluster")
	if base != "redis" && base != "rediss" {
		return nil, false, fmt.Errorf("REDIS_URL has the unknown scheme %q: use redis://, rediss://, redis+cluster:// or rediss+cluster://", scheme)
	}
	first, others, err := splitHosts(rest)
	if err != nil {
		return nil, false, err
	}
	single, err := redis.ParseURL(base + "://" + first)
	if err != nil {
		return nil, false, errors.New("REDIS_URL cannot be parsed: write redis://[user:password@]host:port/db and percent-encode the password")
	}
	opts := &redis.UniversalOptions{
		Addrs: append([]string{single.Addr}, others...), DB: single.DB, Username: single.Username, Password: single.Password,
		TLSConfig: single.TLSConfig, PoolSize: cfg.PoolSize, ContextTimeoutEnabled: true, MaxRetries: 2,
		DialTimeout: dialTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, PoolTimeout: poolTimeout,
	}
	if opts.PoolSize <= 0 {
		opts.PoolSize = 32
	}
	if cluster && opts.DB != 0 {
		return nil, false, errors.New("REDIS_URL names a database of a cluster: a cluster has only database 0, leave it out")
	}
	return opts, cluster, nil
}

// splitHosts separates the further seed nodes of "user:password@a:1,b:2,c:3/0" from the first.
func splitHosts(rest string) (first string, others []string, err error) {
	credentials, hosts := "", rest
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		credentials, hosts = rest[:at+1], rest[at+1:]
	}
	tail := ""
	if cut := strings.IndexAny(hosts, "/?"); cut >= 0 {
		hosts, tail = hosts[:cut], hosts[cut:]
	}
	nodes := strings.Split(hosts, ",")
	for _, node := range nodes[1:] {
		if u, err := url.Parse("redis://" + node); err != nil || u.Port() == "" {
			return "", nil, errors.New("REDIS_URL has a seed node without port: write host:port,host:port")
		}
		others = append(others, node)
	}
	return credentials + nodes[0] + tail, others, nil
}

func instrument(client redis.UniversalClient, deps Deps) error {
	if deps.TracerProvider == nil {
		deps.TracerProvider = tracenoop.NewTracerProvider()
	}
	if deps.MeterProvider == nil {
		deps.MeterProvider = metricnoop.NewMeterProvider()
	}
	if err := redisotel.InstrumentTracing(client, redisotel.WithTracerProvider(deps.TracerProvider),
		redisotel.WithDBStatement(false), redisotel.WithCallerEnabled(false)); err != nil {
		return fmt.Errorf("trace Redis: %w", err)
	}
	if err := redisotel.InstrumentMetrics(client, redisotel.WithMeterProvider(deps.MeterProvider)); err != nil {
		return fmt.Errorf("meter Redis: %w", err)
	}
	return nil
}
