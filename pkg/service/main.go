package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"go.opentelemetry.io/otel"

	"github.com/refersuite/refersuite/pkg/config"
)

// Configured is the Config of a binary: a struct that embeds Config.
type Configured interface {
	// Shared returns the settings that all services share.
	Shared() Config
}

// Main is the main function of a service: it reads the settings, builds the runtime, serves the service and the
// operations listener until SIGINT or SIGTERM, and ends the process with 0, or with 1 after a failure. Called with the
// argument health it asks the operations listener of the running process instead, for container health checks.
func Main[C Configured](name, version string, build func(ctx context.Context, cfg C, rt *Runtime) (Service, error)) {
	Process(name, version, func(ctx context.Context, cfg C, rt *Runtime) error {
		address := cfg.Shared().GRPCAddr
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			return fmt.Errorf("GRPC_ADDR is %s: %w", address, err)
		}
		svc, err := build(ctx, cfg, rt)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		return Serve(ctx, cfg.Shared(), rt, svc, listener)
	})
}

// Process is Main for a binary that serves in its own way: run returns when ctx ends and everything it began has ended.
func Process[C Configured](name, version string, run func(ctx context.Context, cfg C, rt *Runtime) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	relaxCollector()
	code := execute(ctx, name, version, os.Args[1:], os.Stderr, run)
	stop()
	os.Exit(code)
}

// collectorPercent is the GOGC of services. What a service keeps alive is caches of some ten megabytes, while every call
// makes garbage: collecting at five times the live heap instead of two saved a fifth of its processor time.
const collectorPercent = 400

// relaxCollector sets the collector's target unless the environment does. GOMEMLIMIT bounds the heap all the same.
func relaxCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectorPercent)
	}
}

// execute is Process without the process.
func execute[C Configured](ctx context.Context, name, version string, args []string, stderr io.Writer,
	run func(ctx context.Context, cfg C, rt *Runtime) error,
) int {
	cfg, err := config.Load[C]()
	switch {
	case err != nil:
	case len(args) == 1 && args[0] == "health":
		err = askHealth(ctx, cfg.Shared().OpsAddr)
	case len(args) > 0:
		err = fmt.Errorf("unknown argument %q: there is only health; settings come from the environment", args[0])
	default:
		err = process(ctx, name, version, cfg, run)
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return 1
	}
	return 0
}

func process[C Configured](ctx context.Context, name, version string, cfg C, run func(context.Context, C, *Runtime) error) (err error) {
	shared := cfg.Shared()
	rt, err := Build(ctx, name, shared, Parts{Version: version})
	if err != nil {
		return err
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shared.ShutdownTimeout)
		defer cancel()
		err = errors.Join(err, rt.Close(ending))
	}()
	// Libraries that are given nothing else report here too.
	slog.SetDefault(rt.Logger)
	otel.SetTracerProvider(rt.Telemetry.TracerProvider)
	otel.SetMeterProvider(rt.Telemetry.MeterProvider)
	rt.Logger.LogAttrs(ctx, slog.LevelInfo, "starting", append(config.Redacted(cfg), slog.String("version", version))...)

	stopOps, err := serveOps(ctx, shared.OpsAddr, rt)
	if err != nil {
		return err
	}
	err = run(ctx, cfg, rt)
	stopOps()
	if err != nil {
		rt.Logger.ErrorContext(ctx, "stopped", "error", err)
		return err
	}
	rt.Logger.InfoContext(ctx, "stopped")
	return nil
}
