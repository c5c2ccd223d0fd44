package cli

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/refersuite/refersuite/deploy/local/internal/suite"
)

type upCommand struct {
	Host           string `default:"127.0.0.1" help:"Address to listen on."`
	Port           int    `default:"8080" help:"Port of the REST edge."`
	EdgePort       int    `default:"9090" help:"Port of the gRPC edge; the services take the five ports after it."`
	OpsPort        int    `default:"9190" help:"Port of /metrics, /healthz and /readyz."`
	FreePorts      bool   `help:"Listen on ports that are free instead."`
	DatabasePrefix string `default:"refersuite" help:"Beginning of the names of the databases, with MONGODB_URI."`
	KeyFile        string `default:"${keyfile}" type:"path" help:"File of the development key; made when it does not exist."`
}

// Run serves until it is interrupted.
func (c upCommand) Run(ctx context.Context, env *environment) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	started, err := suite.Start(ctx, suite.Options{
		Host: c.Host, Ports: c.ports(), Environ: suite.Environ(), DatabasePrefix: c.DatabasePrefix, KeyFile: c.KeyFile,
		Version: env.version, Log: env.stderr,
	})
	if err != nil {
		return err
	}
	otel.SetMeterProvider(started.MeterProvider())
	if err := c.greet(env, started); err != nil {
		return errors.Join(err, started.Stop(ctx))
	}
	select {
	case <-ctx.Done():
		fmt.Fprintln(env.stderr, "stopping")
	case <-started.Failed():
		err = errors.New("a part of the suite failed")
	}
	stop()
	return errors.Join(err, started.Stop(context.WithoutCancel(ctx)))
}

func (c upCommand) ports() map[string]int {
	if c.FreePorts {
		return nil
	}
	return map[string]int{
		"rest": c.Port, "edge": c.EdgePort, "ops": c.OpsPort, "referral": c.EdgePort + 1, "wallet": c.EdgePort + 2,
		"tier": c.EdgePort + 3, "fraud": c.EdgePort + 4, "leaderboard": c.EdgePort + 5,
	}
}

const greeting = `refersuite is up%s

  REST          %[2]s         documentation at %[2]s/docs
  gRPC          %[3]s                grpcurl -plaintext %[3]s list
  metrics       %[4]s/metrics  health at /healthz and /readyz
  services      %[5]s

Development tokens, good for 12 hours (another: refersuite token --role USER --subject ann):

  export ADMIN=%[6]s
  export SYSTEM=%[7]s

A first programme:

  curl -s %[2]s/v1/programs -H "Authorization: Bearer $ADMIN" -d '{"program_id": "spring", "name": "Spring"}'
  curl -s %[2]s/v1/programs/spring/versions -H "Authorization: Bearer $ADMIN" -d '{}'

Ctrl-C stops it.
`

func (c upCommand) greet(env *environment, s *suite.Suite) error {
	admin, err := s.Token("admin", 12*time.Hour, "ADMIN")
	if err != nil {
		return err
	}
	system, err := s.Token("backend", 12*time.Hour, "SYSTEM")
	if err != nil {
		return err
	}
	var services []string
	for i := len(suite.Names) - 1; i >= 0; i-- {
		services = append(services, suite.Names[i]+" "+s.Addrs[suite.Names[i]])
	}
	where := ", everything in memory: it is gone when the process ends"
	if s.Durable() {
		where = ", with real stores: everything is kept"
	}
	_, err = fmt.Fprintf(env.stdout, greeting, where, s.RESTURL, s.EdgeAddr, s.OpsURL, strings.Join(services, ", "), admin, system)
	return err
}
