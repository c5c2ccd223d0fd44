package service

import (
	"errors"
	"regexp"
	"time"

	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/grpcx"
	"github.com/refersuite/refersuite/pkg/otelx"
)

// Config is the settings that all services share. Each service embeds it in its own Config.
type Config struct {
	GRPCAddr        string        `env:"GRPC_ADDR" envDefault:":9090" doc:"Address the gRPC server listens on."`
	OpsAddr         string        `env:"OPS_ADDR" envDefault:":9190" doc:"Address of /metrics, /healthz and /readyz."`
	ShutdownTimeout time.Duration `env:"SHUTDOWN_TIMEOUT" envDefault:"10s" doc:"Time for closing stores and sending the last telemetry at the stop, after calls in flight have ended, 1s to 5m."`
	Server          grpcx.ServerConfig
	Client          Client
	Stores          Stores
	Auth            Auth
	Telemetry       otelx.Config
}

// Shared returns the settings that all services share. Main finds them in a service's Config through it.
func (c Config) Shared() Config { return c }

// Validate checks the limits.
func (c Config) Validate() error {
	var problems []error
	if c.GRPCAddr == "" {
		problems = append(problems, config.Invalid("GRPC_ADDR", "", "must be an address such as :9090"))
	}
	if c.ShutdownTimeout < time.Second || c.ShutdownTimeout > 5*time.Minute {
		problems = append(problems, config.Invalid("SHUTDOWN_TIMEOUT", c.ShutdownTimeout, "must be 1s to 5m"))
	}
	return errors.Join(problems...)
}

// Stores says where data is kept.
type Stores struct {
	MongoURI      string `env:"MONGODB_URI" secret:"url" doc:"Address of MongoDB, mongodb:// or mongodb+srv://. Empty: everything is in memory and lost at the end."`
	MongoDatabase string `env:"MONGODB_DATABASE" doc:"Database of this service. Empty: refersuite_ and the name of the service."`
	MongoPool     uint64 `env:"MONGODB_POOL_SIZE" envDefault:"64" doc:"Connections to each MongoDB server at most, 1 to 1000."`
	RedisURL      string `env:"REDIS_URL" secret:"url" doc:"Address of Redis or Valkey, redis:// or rediss://, or redis+cluster:// with several hosts. Empty: one inside the process."`
	RedisPool     int    `env:"REDIS_POOL_SIZE" envDefault:"32" doc:"Connections to each Redis node at most, 1 to 1000."`
}

var databaseName = regexp.MustCompile(`^[A-Za-z0-9_-]{0,63}$`)

// Validate checks the limits.
func (s Stores) Validate() error {
	var problems []error
	if !databaseName.MatchString(s.MongoDatabase) {
		problems = append(problems, config.Invalid("MONGODB_DATABASE", s.MongoDatabase,
			"must be at most 63 letters, digits, hyphens and underscores"))
	}
	if s.MongoPool < 1 || s.MongoPool > 1000 {
		problems = append(problems, config.Invalid("MONGODB_POOL_SIZE", s.MongoPool, "must be 1 to 1000"))
	}
	if s.RedisPool < 1 || s.RedisPool > 1000 {
		problems = append(problems, config.Invalid("REDIS_POOL_SIZE", s.RedisPool, "must be 1 to 1000"))
	}
	return errors.Join(problems...)
}

// Client says how this service reaches the others.
type Client struct {
	TLS        bool          `env:"CLIENT_TLS" envDefault:"false" doc:"Whether calls to other services are encrypted; CLIENT_TLS_CA_FILE implies it."`
	CAFile     string        `env:"CLIENT_TLS_CA_FILE" doc:"PEM authorities of the other services' certificates; empty: those of the system."`
	CertFile   string        `env:"CLIENT_TLS_CERT_FILE" doc:"PEM certificate that this service shows to the others (mTLS)."`
	KeyFile    string        `env:"CLIENT_TLS_KEY_FILE" doc:"PEM private key of CLIENT_TLS_CERT_FILE."`
	ServerName string        `env:"CLIENT_TLS_SERVER_NAME" doc:"Name expected in the other services' certificates, when it is not that of their address."`
	Deadline   time.Duration `env:"CLIENT_DEADLINE" envDefault:"5s" doc:"Deadline of calls to other services that have none of their own, 100ms to 5m."`
}

// Validate checks the limits.
func (c Client) Validate() error {
	var problems []error
	if (c.CertFile == "") != (c.KeyFile == "") {
		problems = append(problems, config.Invalid("CLIENT_TLS_CERT_FILE", c.CertFile, "belongs to CLIENT_TLS_KEY_FILE: set both or none"))
	}
	if c.Deadline < 100*time.Millisecond || c.Deadline > 5*time.Minute {
		problems = append(problems, config.Invalid("CLIENT_DEADLINE", c.Deadline, "must be 100ms to 5m"))
	}
	return errors.Join(problems...)
}

// To returns the settings of a connection to one target.
func (c Client) To(target string) grpcx.ClientConfig {
	return grpcx.ClientConfig{
		Target: target, TLS: c.TLS, TLSCAFile: c.CAFile, TLSCertFile: c.CertFile, TLSKeyFile: c.KeyFile,
		TLSServerName: c.ServerName, DefaultDeadline: c.Deadline,
	}
}
