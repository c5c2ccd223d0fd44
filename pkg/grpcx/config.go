package grpcx

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/keepalive"
)

// MaxMessageBytes bounds every message, received or sent.
const MaxMessageBytes = 4 << 20

// ServerConfig is the settings of a gRPC server. Zero durations mean the defaults.
type ServerConfig struct {
	TLSCertFile     string        `env:"TLS_CERT_FILE" doc:"PEM certificate of the gRPC server; empty serves plain text."`
	TLSKeyFile      string        `env:"TLS_KEY_FILE" doc:"PEM private key of TLS_CERT_FILE."`
	TLSClientCAFile string        `env:"TLS_CLIENT_CA_FILE" doc:"PEM authorities of client certificates; when set, clients must present one (mTLS)."`
	NoReflection    bool          `env:"GRPC_NO_REFLECTION" envDefault:"false" doc:"Switches off gRPC server reflection (grpcurl then needs the protos)."`
	DefaultDeadline time.Duration `env:"GRPC_DEFAULT_DEADLINE" envDefault:"5s" doc:"Deadline of calls that come without one."`
	MaxDeadline     time.Duration `env:"GRPC_MAX_DEADLINE" envDefault:"5m" doc:"Longest deadline a caller may set; longer ones are cut."`
	StopTimeout     time.Duration `env:"GRPC_STOP_TIMEOUT" envDefault:"10s" doc:"How long calls in flight may take to end when the process stops."`
	TrustForwarded  bool          `env:"GRPC_TRUST_FORWARDED" envDefault:"false" doc:"Believes x-forwarded-for of every peer when limiting anonymous callers; only behind a proxy that sets it."`
}

const (
	defaultDeadline    = 5 * time.Second
	defaultMaxDeadline = 5 * time.Minute
	defaultStopTimeout = 10 * time.Second
)

// withDefaults fills in zero durations.
func (c ServerConfig) withDefaults() ServerConfig {
	c.DefaultDeadline = orDefault(c.DefaultDeadline, defaultDeadline)
	c.MaxDeadline = orDefault(c.MaxDeadline, defaultMaxDeadline)
	c.StopTimeout = orDefault(c.StopTimeout, defaultStopTimeout)
	return c
}

// Validate checks that the settings fit together.
func (c ServerConfig) Validate() error {
	var problems []error
	if (c.TLSCertFile == "") != (c.TLSKeyFile == "") {
		problems = append(problems, errors.New("TLS_CERT_FILE and TLS_KEY_FILE belong together: set both or none"))
	}
	if c.TLSClientCAFile != "" && c.TLSCertFile == "" {
		problems = append(problems, errors.New("TLS_CLIENT_CA_FILE needs TLS_CERT_FILE and TLS_KEY_FILE: mTLS is TLS first"))
	}
	for name, d := range map[string]time.Duration{
		"GRPC_DEFAULT_DEADLINE": c.DefaultDeadline,
		"GRPC_MAX_DEADLINE":     c.MaxDeadline,
		"GRPC_STOP_TIMEOUT":     c.StopTimeout,
	} {
		if d < 0 {
			problems = append(problems, fmt.Errorf("%s is %s; it must not be negative", name, d))
		}
	}
	full := c.withDefaults()
	if full.DefaultDeadline > full.MaxDeadline {
		problems = append(problems, fmt.Errorf("GRPC_DEFAULT_DEADLINE (%s) must not exceed GRPC_MAX_DEADLINE (%s)",
			full.DefaultDeadline, full.MaxDeadline))
	}
	return errors.Join(problems...)
}

// Connections are kept alive by pings, and given up now and then so that clients meet new replicas.
var (
	serverKeepalive = keepalive.ServerParameters{
		MaxConnectionAge:      30 * time.Minute,
		MaxConnectionAgeGrace: time.Minute,
		Time:                  time.Minute,
		Timeout:               20 * time.Second,
	}
	serverKeepalivePolicy = keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}
	clientKeepalive       = keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second, PermitWithoutStream: true}
)

func orDefault[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}
