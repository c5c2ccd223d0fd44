package gateway

import (
	"errors"
	"net/url"
	"time"

	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/service"
)

// Config is the settings of the gateway.
type Config struct {
	HTTPAddr         string        `env:"HTTP_ADDR" envDefault:":8080" doc:"Address of the REST API and its documentation."`
	GRPCAddr         string        `env:"GRPC_ADDR" envDefault:":9090" doc:"Address of the gRPC edge, which forwards to all services."`
	OpsAddr          string        `env:"OPS_ADDR" envDefault:":9190" doc:"Address of /metrics, /healthz and /readyz for operators."`
	ReferralAddr     string        `env:"REFERRAL_ADDR" envDefault:"localhost:9091" doc:"gRPC address of the referral service."`
	WalletAddr       string        `env:"WALLET_ADDR" envDefault:"localhost:9092" doc:"gRPC address of the wallet service."`
	TierAddr         string        `env:"TIER_ADDR" envDefault:"localhost:9093" doc:"gRPC address of the tier service."`
	FraudAddr        string        `env:"FRAUD_ADDR" envDefault:"localhost:9094" doc:"gRPC address of the fraud service."`
	LeaderboardAddr  string        `env:"LEADERBOARD_ADDR" envDefault:"localhost:9095" doc:"gRPC address of the leaderboard service."`
	AllowedOrigins   []string      `env:"CORS_ALLOWED_ORIGINS" doc:"Origins whose pages may call the API from browsers, separated by commas; * means every origin. Empty: none but the API's own."`
	RequestTimeout   time.Duration `env:"REQUEST_TIMEOUT" envDefault:"15s" doc:"Longest time a request may take, 1s to 5m."`
	LongTimeout      time.Duration `env:"LONG_REQUEST_TIMEOUT" envDefault:"5m" doc:"The same for operations that walk everything, such as ledger:reconcile, 1s to 1h."`
	IdempotencyTTL   time.Duration `env:"IDEMPOTENCY_TTL" envDefault:"24h" doc:"How long the answer to an Idempotency-Key is given again, 1m to 720h."`
	IdempotencyWait  time.Duration `env:"IDEMPOTENCY_STORE_TIMEOUT" envDefault:"500ms" doc:"Longest wait for Redis about an Idempotency-Key before a request goes on without, 10ms to 1m."`
	TrustForwarded   bool          `env:"TRUST_FORWARDED" envDefault:"false" doc:"Believe the last address in X-Forwarded-For; only behind a proxy that sets it."`
	TrustTraceparent bool          `env:"TRUST_TRACEPARENT" envDefault:"true" doc:"Continue the caller's trace and follow its decision whether to record it. When false, each request begins a trace of its own, decided by TRACES_SAMPLE_RATIO and linked to the caller's."`
	TLSCertFile      string        `env:"TLS_CERT_FILE" doc:"PEM certificate of the HTTP and gRPC listeners. Empty: plain text."`
	TLSKeyFile       string        `env:"TLS_KEY_FILE" doc:"PEM private key of TLS_CERT_FILE."`
	StopTimeout      time.Duration `env:"STOP_TIMEOUT" envDefault:"10s" doc:"Time that requests in flight have to end at the stop, 1s to 5m."`
	ShutdownTimeout  time.Duration `env:"SHUTDOWN_TIMEOUT" envDefault:"10s" doc:"Time for closing connections and sending the last telemetry after that, 1s to 5m."`
	RedisURL         string        `env:"REDIS_URL" secret:"url" doc:"Address of Redis or Valkey, which keeps the answers to idempotency keys. Empty: one inside the process, good for one replica."`
	RedisPool        int           `env:"REDIS_POOL_SIZE" envDefault:"32" doc:"Connections to each Redis node at most, 1 to 1000."`
	Client           service.Client
	Auth             service.Auth
	Telemetry        otelx.Config
}

// Shared returns the settings that the gateway shares with the services.
func (c Config) Shared() service.Config {
	return service.Config{
		GRPCAddr: c.GRPCAddr, OpsAddr: c.OpsAddr, ShutdownTimeout: c.ShutdownTimeout, Client: c.Client, Auth: c.Auth,
		Telemetry: c.Telemetry, Stores: service.Stores{RedisURL: c.RedisURL, RedisPool: c.RedisPool},
	}
}

// Validate checks the limits.
func (c Config) Validate() error {
	var problems []error
	bounded := func(name string, value, low, high time.Duration, limit string) {
		if value < low || value > high {
			problems = append(problems, config.Invalid(name, value, limit))
		}
	}
	bounded("REQUEST_TIMEOUT", c.RequestTimeout, time.Second, 5*time.Minute, "must be 1s to 5m")
	bounded("LONG_REQUEST_TIMEOUT", c.LongTimeout, time.Second, time.Hour, "must be 1s to 1h")
	bounded("IDEMPOTENCY_TTL", c.IdempotencyTTL, time.Minute, 720*time.Hour, "must be 1m to 720h")
	bounded("IDEMPOTENCY_STORE_TIMEOUT", c.IdempotencyWait, 10*time.Millisecond, time.Minute, "must be 10ms to 1m")
	bounded("STOP_TIMEOUT", c.StopTimeout, time.Second, 5*time.Minute, "must be 1s to 5m")
	bounded("SHUTDOWN_TIMEOUT", c.ShutdownTimeout, time.Second, 5*time.Minute, "must be 1s to 5m")
	if c.RedisPool < 1 || c.RedisPool > 1000 {
		problems = append(problems, config.Invalid("REDIS_POOL_SIZE", c.RedisPool, "must be 1 to 1000"))
	}
	if (c.TLSCertFile == "") != (c.TLSKeyFile == "") {
		problems = append(problems, config.Invalid("TLS_CERT_FILE", c.TLSCertFile, "belongs to TLS_KEY_FILE: set both or none"))
	}
	for _, origin := range c.AllowedOrigins {
		if !isOrigin(origin) {
			problems = append(problems, config.Invalid("CORS_ALLOWED_ORIGINS", origin,
				"must be an origin such as https://app.example.com, without path, or *"))
		}
	}
	return errors.Join(problems...)
}

func isOrigin(text string) bool {
	if text == "*" {
		return true
	}
	parsed, err := url.Parse(text)
	return err == nil && parsed.Host != "" && (parsed.Scheme == "http" || parsed.Scheme == "https") &&
		parsed.Scheme+"://"+parsed.Host == text
}

// addresses returns the address of each service by its name.
func (c Config) addresses() map[string]string {
	return map[string]string{
		"referral": c.ReferralAddr, "wallet": c.WalletAddr, "tier": c.TierAddr, "fraud": c.FraudAddr,
		"leaderboard": c.LeaderboardAddr,
	}
}
