package mongox

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// Defaults of Config; a zero field means its default.
const (
	DefaultMaxPoolSize            = 64
	DefaultMinPoolSize            = 4
	DefaultConnectTimeout         = 5 * time.Second
	DefaultServerSelectionTimeout = 5 * time.Second
	DefaultOperationTimeout       = 10 * time.Second
	DefaultSlowCommand            = 100 * time.Millisecond
)

// Config says how to reach the document store. Its zero value, but for URI, is good.
type Config struct {
	// URI of the store, mongodb:// or mongodb+srv://. It may carry credentials and is never logged.
	URI string `env:"MONGODB_URI" secret:"true"`
	// AppName is shown by the server beside each connection.
	AppName string `env:"MONGODB_APP_NAME"`
	// MaxPoolSize bounds the connections to each server.
	MaxPoolSize uint64 `env:"MONGODB_MAX_POOL_SIZE" envDefault:"64"`
	// MinPoolSize is the number of connections kept open when idle.
	MinPoolSize uint64 `env:"MONGODB_MIN_POOL_SIZE" envDefault:"4"`
	// ConnectTimeout bounds one dial, handshake included.
	ConnectTimeout time.Duration `env:"MONGODB_CONNECT_TIMEOUT" envDefault:"5s"`
	// ServerSelectionTimeout bounds the wait for a usable server, for example during a failover.
	ServerSelectionTimeout time.Duration `env:"MONGODB_SERVER_SELECTION_TIMEOUT" envDefault:"5s"`
	// OperationTimeout bounds an operation whose context has no deadline.
	OperationTimeout time.Duration `env:"MONGODB_OPERATION_TIMEOUT" envDefault:"10s"`
	// SlowCommand is the duration above which a command is logged as a warning.
	SlowCommand time.Duration `env:"MONGODB_SLOW_COMMAND" envDefault:"100ms"`
}

// Validate reports what is wrong with the configuration, without dialling anything.
func (c Config) Validate() error {
	if c.URI == "" {
		return errors.New("MONGODB_URI is empty: set it to the store's address, for example mongodb://127.0.0.1:27017/")
	}
	if c.MaxPoolSize != 0 && c.MinPoolSize > c.MaxPoolSize {
		return fmt.Errorf("MONGODB_MIN_POOL_SIZE %d is above MONGODB_MAX_POOL_SIZE %d: lower it", c.MinPoolSize, c.MaxPoolSize)
	}
	for name, d := range map[string]time.Duration{
		"MONGODB_CONNECT_TIMEOUT": c.ConnectTimeout, "MONGODB_SERVER_SELECTION_TIMEOUT": c.ServerSelectionTimeout,
		"MONGODB_OPERATION_TIMEOUT": c.OperationTimeout, "MONGODB_SLOW_COMMAND": c.SlowCommand,
	} {
		if d < 0 {
			return fmt.Errorf("%s is %s: it must not be negative", name, d)
		}
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.MaxPoolSize == 0 {
		c.MaxPoolSize = DefaultMaxPoolSize
	}
	if c.MinPoolSize == 0 {
		c.MinPoolSize = min(DefaultMinPoolSize, c.MaxPoolSize)
	}
	c.ConnectTimeout = orDefault(c.ConnectTimeout, DefaultConnectTimeout)
	c.ServerSelectionTimeout = orDefault(c.ServerSelectionTimeout, DefaultServerSelectionTimeout)
	c.OperationTimeout = orDefault(c.OperationTimeout, DefaultOperationTimeout)
	c.SlowCommand = orDefault(c.SlowCommand, DefaultSlowCommand)
	return c
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return d
}

// Deps are what a client reports to. Its zero value reports nothing.
type Deps struct {
	Logger         *slog.Logger
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
}

func (d Deps) withDefaults() Deps {
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if d.TracerProvider == nil {
		d.TracerProvider = tracenoop.NewTracerProvider()
	}
	if d.MeterProvider == nil {
		d.MeterProvider = metricnoop.NewMeterProvider()
	}
	return d
}
