package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/refersuite/refersuite/pkg/ops"
)

const opsTimeout = 30 * time.Second

// serveOps serves the metrics of all services and the health of the process until ctx ends.
func serveOps(ctx context.Context, s *Suite) error {
	var checks []ops.Check
	if client := s.shared.mongo; client != nil {
		checks = append(checks, ops.Check{Name: "mongodb", Probe: func(ctx context.Context) error { return client.Ping(ctx, nil) }})
	}
	checks = append(checks, ops.Check{Name: "redis", Probe: func(ctx context.Context) error { return s.shared.redis.Ping(ctx).Err() }})
	metrics := promhttp.HandlerFor(s.shared.registry, promhttp.HandlerOpts{})
	server := &http.Server{
		Handler: ops.Handler(metrics, checks...), ReadHeaderTimeout: opsTimeout, ReadTimeout: opsTimeout, WriteTimeout: opsTimeout,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(s.open[opsListener]) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve operations: %w", err)
	case <-ctx.Done():
		err := server.Close()
		if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
			err = errors.Join(err, serveErr)
		}
		return err
	}
}
