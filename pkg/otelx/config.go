// Package otelx sets up what a process says about itself: traces (OpenTelemetry), metrics (Prometheus) and logs (slog,
// with the ids of the trace they belong to).
package otelx

import (
	"errors"
	"log/slog"
	"slices"

	"github.com/refersuite/refersuite/pkg/config"
)

// Where traces go.
const (
	// TracesOff records none, at no cost.
	TracesOff = "off"
	// TracesStdout prints every span to standard output, for a look at one call.
	TracesStdout = "stdout"
	// TracesOTLP sends spans to a collector over gRPC.
	TracesOTLP = "otlp"
)

// Config is the telemetry settings of one process.
type Config struct {
	LogLevel    slog.Level `env:"LOG_LEVEL" envDefault:"info" doc:"Lowest level that is logged: debug, info, warn or error."`
	LogFormat   string     `env:"LOG_FORMAT" envDefault:"json" doc:"json, or text for people."`
	Traces      string     `env:"TRACES" envDefault:"off" doc:"off, stdout, or otlp to send spans to OTEL_EXPORTER_OTLP_ENDPOINT."`
	Endpoint    string     `env:"OTEL_EXPORTER_OTLP_ENDPOINT" envDefault:"http://localhost:4317" doc:"OTLP/gRPC address of the collector, http:// for plain text or https://."`
	SampleRatio float64    `env:"TRACES_SAMPLE_RATIO" envDefault:"1" doc:"Share of the traces begun here that are recorded, 0 to 1; a caller's decision is followed."`
	Metrics     bool       `env:"METRICS" envDefault:"true" doc:"Whether metrics are kept and served at /metrics of OPS_ADDR."`
}

// Validate checks the limits.
func (c Config) Validate() error {
	var problems []error
	if !slices.Contains([]string{"json", "text"}, c.LogFormat) {
		problems = append(problems, config.Invalid("LOG_FORMAT", c.LogFormat, "must be json or text"))
	}
	if !slices.Contains([]string{TracesOff, TracesStdout, TracesOTLP}, c.Traces) {
		problems = append(problems, config.Invalid("TRACES", c.Traces, "must be off, stdout or otlp"))
	}
	if c.Traces == TracesOTLP && c.Endpoint == "" {
		problems = append(problems, config.Invalid("OTEL_EXPORTER_OTLP_ENDPOINT", "", "must be set when TRACES is otlp"))
	}
	if c.SampleRatio < 0 || c.SampleRatio > 1 {
		problems = append(problems, config.Invalid("TRACES_SAMPLE_RATIO", c.SampleRatio, "must be 0 to 1"))
	}
	return errors.Join(problems...)
}
