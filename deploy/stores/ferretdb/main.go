// Command ferretdb serves the MongoDB wire protocol on top of PostgreSQL with the DocumentDB extension.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/v2/ferretdb"
)

// main reads where to connect and listen from the environment and serves until it is told to stop.
func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	telemetry := false
	gateway, err := ferretdb.New(&ferretdb.Config{
		PostgreSQLURL: os.Getenv("POSTGRES_URL"),
		ListenAddr:    os.Getenv("LISTEN_ADDR"),
		StateDir:      os.Getenv("STATE_DIR"),
		LogLevel:      slog.LevelError,
		LogOutput:     os.Stderr,
		Telemetry:     &telemetry,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "the gateway cannot start, check POSTGRES_URL, LISTEN_ADDR and STATE_DIR:", err)
		os.Exit(1)
	}
	gateway.Run(ctx)
}
