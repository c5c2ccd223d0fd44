package service

import (
	"context"
	"errors"
	"fmt"
	"net"

	"google.golang.org/grpc"

	"github.com/refersuite/refersuite/pkg/grpcx"
)

// Service is one service of the suite.
type Service interface {
	// Register puts its gRPC services on the server. It is called once, before Run.
	Register(grpc.ServiceRegistrar)
	// Run does its background work until ctx ends, and returns when every goroutine it began has ended. It returns nil
	// after an orderly stop. A service without background work waits for ctx.
	Run(ctx context.Context) error
}

// Serve serves a service on the listener and runs its background work until ctx ends or either of them fails. It stops in
// order: no new calls, calls in flight end, background work ends. It takes over the listener.
func Serve(ctx context.Context, cfg Config, rt *Runtime, svc Service, listener net.Listener) error {
	server, err := grpcx.NewServer(cfg.Server, grpcx.ServerDeps{
		Verifier: rt.Verifier, Clock: rt.Clock, Audit: rt.Audit, Limiter: rt.Limiter, IDs: rt.IDs, Logger: rt.Logger,
		TracerProvider: rt.Telemetry.TracerProvider, MeterProvider: rt.Telemetry.MeterProvider,
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server.Register(svc.Register)

	serving, stopServing := context.WithCancel(ctx)
	defer stopServing()
	// Background work outlives the last call, which may still hand it something to do.
	running, stopRunning := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRunning()
	ran := make(chan error, 1)
	go func() {
		ran <- orderly(running, svc.Run(running))
		stopServing()
	}()
	rt.Logger.InfoContext(ctx, "serving", "address", listener.Addr().String())
	serveErr := server.Serve(serving, listener)
	if serving.Err() != nil && errors.Is(serveErr, grpc.ErrServerStopped) {
		serveErr = nil // asked to stop before it had begun
	}
	stopRunning()
	runErr := <-ran
	if runErr != nil {
		runErr = fmt.Errorf("background work of %s: %w", rt.Name, runErr)
	}
	return errors.Join(serveErr, runErr)
}

// errEnded is the failure of background work that ends by itself: nothing would be delivered any more.
var errEnded = errors.New("ended although nobody asked it to")

// orderly judges how background work ended: being cancelled is no failure.
func orderly(ctx context.Context, err error) error {
	switch {
	case ctx.Err() == nil && err == nil:
		return errEnded
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return nil
	default:
		return err
	}
}
