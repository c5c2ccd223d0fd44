package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/refersuite/refersuite/pkg/ops"
)

const (
	opsTimeout   = 10 * time.Second
	probeTimeout = 3 * time.Second
)

// serveOps serves /metrics, /healthz and /readyz until the function it returns is called. An empty address serves nothing.
func serveOps(ctx context.Context, address string, rt *Runtime) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("OPS_ADDR is %s: %w", address, err)
	}
	// The checks are read per request, since the service may still add its own.
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ops.Handler(rt.Telemetry.MetricsHandler, rt.Checks()...).ServeHTTP(w, r)
	})
	server := &http.Server{Handler: handler, ReadHeaderTimeout: probeTimeout, ReadTimeout: opsTimeout, WriteTimeout: opsTimeout}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			rt.Logger.ErrorContext(ctx, "operations listener ended", "error", err)
		}
	}()
	return func() {
		// Probes and scrapes are asked again; nobody waits for one in flight.
		if err := server.Close(); err != nil {
			rt.Logger.WarnContext(ctx, "operations listener not closed", "error", err)
		}
		<-ended
	}, nil
}

// askHealth asks the operations listener of the process on this machine whether it is ready.
func askHealth(ctx context.Context, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("OPS_ADDR is %q: it must be an address such as :9190: %w", address, err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		body, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
		return errors.Join(fmt.Errorf("not ready: %s", body), err)
	}
	return nil
}
