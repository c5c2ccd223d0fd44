// Package suite runs the whole suite in one process: five services and the gateway, each with its own gRPC server, talking
// over real loopback connections. What is tried on one machine is what is deployed on many.
package suite

import (
	"io"
	"maps"
	"os"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/refersuite/refersuite/pkg/clock"
)

// Options say where the suite listens and what it is given. The zero value listens on free ports and keeps everything in
// memory.
type Options struct {
	// Host is the address to listen on; empty means 127.0.0.1.
	Host string
	// Ports are the ports by name: rest, edge, ops and the names of the services. A missing one is chosen freely.
	Ports map[string]int
	// Environ are the settings, as environment variables; the process's own are not read. MONGODB_URI and REDIS_URL choose
	// real stores.
	Environ map[string]string
	// DatabasePrefix begins the names of the databases, one per service; empty means refersuite.
	DatabasePrefix string
	// KeyFile keeps the development key across runs; empty means a key that is forgotten at the end.
	KeyFile string
	// Version of the build.
	Version string
	// Clock is that of all services; nil means the system's.
	Clock clock.Clock
	// Log receives the logs; nil means standard error.
	Log io.Writer
	// Tracers gives the tracer provider of a service, for tests; nil means the one of the settings.
	Tracers func(service string) trace.TracerProvider
}

// Environ returns the environment of the process as a map, with quiet, readable logs unless it says otherwise.
func Environ() map[string]string {
	env := map[string]string{"LOG_FORMAT": "text", "LOG_LEVEL": "warn"}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	return env
}

// environ returns the settings of one service: those given, less what this process decides itself.
func (o Options) environ(own map[string]string) map[string]string {
	env := maps.Clone(o.Environ)
	if env == nil {
		env = map[string]string{}
	}
	for _, name := range []string{"GRPC_ADDR", "OPS_ADDR", "MONGODB_DATABASE"} {
		delete(env, name)
	}
	maps.Copy(env, own)
	return env
}

func (o Options) database(service string) string {
	prefix := o.DatabasePrefix
	if prefix == "" {
		prefix = "refersuite"
	}
	return prefix + "_" + service
}
