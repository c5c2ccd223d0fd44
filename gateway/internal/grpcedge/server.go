package grpcedge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/stats"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/refersuite/refersuite/gateway/internal/backend"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/grpcx"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/otelx"
)

// Options are what the edge is built with.
type Options struct {
	// Credentials encrypt; nil serves plain text.
	Credentials credentials.TransportCredentials
	// Deadline is that of unary calls which come without one, LongDeadline of those that walk everything.
	Deadline, LongDeadline time.Duration
	// StopTimeout is how long calls in flight may take to end at the stop.
	StopTimeout time.Duration
	// Clock times the stop.
	Clock clock.Clock
	// Logger hears of calls that were cut off.
	Logger *slog.Logger
	// TracerProvider and MeterProvider receive spans and metrics.
	TracerProvider trace.TracerProvider
	// MeterProvider is described above.
	MeterProvider metric.MeterProvider
	// TrustTraceparent has callers' traces continued; otherwise each call begins a trace that is linked to the caller's.
	TrustTraceparent bool
	// IDs makes ids for calls that come without one.
	IDs idgen.Source
}

// method is one RPC that is forwarded.
type method struct {
	// owner is the service; empty when the request names it.
	owner string
	// deadline is that of a call which comes without one; zero means none.
	deadline time.Duration
}

// Server is the gRPC side of the edge.
type Server struct {
	grpc    *grpc.Server
	health  *health.Server
	set     *backend.Set
	codec   encoding.CodecV2
	methods map[string]method
	opts    Options
}

// New returns a server that forwards the RPCs of all services, and only those.
func New(set *backend.Set, opts Options) (*Server, error) {
	methods, err := loadMethods(opts)
	if err != nil {
		return nil, err
	}
	s := &Server{set: set, codec: newCodec(), methods: methods, opts: opts, health: health.NewServer()}
	options := []grpc.ServerOption{
		grpc.ForceServerCodecV2(s.codec),
		grpc.UnknownServiceHandler(s.forward),
		grpc.MaxRecvMsgSize(grpcx.MaxMessageBytes),
		grpc.MaxSendMsgSize(grpcx.MaxMessageBytes),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		grpc.StatsHandler(otelgrpc.NewServerHandler(
			otelgrpc.WithTracerProvider(opts.TracerProvider), otelgrpc.WithMeterProvider(opts.MeterProvider),
			otelgrpc.WithPropagators(otelx.Propagator()),
			otelgrpc.WithPublicEndpointFn(func(context.Context, *stats.RPCTagInfo) bool { return !opts.TrustTraceparent }),
			// Names of RPCs that do not exist are made up by strangers and must not become labels.
			otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool { _, known := methods[info.FullMethodName]; return known }))),
		grpc.WaitForHandlers(true),
	}
	if opts.Credentials != nil {
		options = append(options, grpc.Creds(opts.Credentials))
	}
	s.grpc = grpc.NewServer(options...)
	grpc_health_v1.RegisterHealthServer(s.grpc, s.health)
	reflected := reflection.ServerOptions{Services: offered{}}
	reflectionv1.RegisterServerReflectionServer(s.grpc, reflection.NewServerV1(reflected))
	reflectionv1alpha.RegisterServerReflectionServer(s.grpc, reflection.NewServer(reflected))
	return s, nil
}

// offered is what reflection lists.
type offered struct{}

func (offered) GetServiceInfo() map[string]grpc.ServiceInfo {
	info := map[string]grpc.ServiceInfo{
		grpc_health_v1.Health_ServiceDesc.ServiceName:              {},
		reflectionv1.ServerReflection_ServiceDesc.ServiceName:      {},
		reflectionv1alpha.ServerReflection_ServiceDesc.ServiceName: {},
	}
	for _, name := range backend.GRPCServices() {
		info[name] = grpc.ServiceInfo{}
	}
	return info
}

func loadMethods(opts Options) (map[string]method, error) {
	methods := map[string]method{}
	for _, name := range backend.GRPCServices() {
		descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		if err != nil {
			return nil, fmt.Errorf("RPCs of %s: %w", name, err)
		}
		service, ok := descriptor.(protoreflect.ServiceDescriptor)
		if !ok {
			return nil, fmt.Errorf("RPCs of %s: it is not a service", name)
		}
		owner, _ := backend.Owner(name)
		for i := range service.Methods().Len() {
			rpc := service.Methods().Get(i)
			full := fmt.Sprintf("/%s/%s", name, rpc.Name())
			known := method{owner: owner, deadline: opts.Deadline}
			switch {
			case rpc.IsStreamingClient() || rpc.IsStreamingServer():
				known.deadline = 0 // a stream lives as long as its client wants
			case backend.Long(full):
				known.deadline = opts.LongDeadline
			}
			methods[full] = known
		}
	}
	return methods, nil
}

// Serve serves the listener until ctx ends, and then lets calls in flight end. It takes over the listener.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	s.health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_SERVING)
	done := make(chan error, 1)
	go func() { done <- s.grpc.Serve(listener) }()
	select {
	case err := <-done:
		s.grpc.Stop()
		return fmt.Errorf("gRPC edge: %w", err)
	case <-ctx.Done():
	}
	s.stop()
	if err := <-done; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("gRPC edge: %w", err)
	}
	return nil
}

func (s *Server) stop() {
	s.health.Shutdown()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.grpc.GracefulStop()
	}()
	timer := s.opts.Clock.NewTimer(s.opts.StopTimeout)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C():
		s.opts.Logger.Warn("gRPC calls in flight were cut off", "after", s.opts.StopTimeout)
		s.grpc.Stop()
		<-ended
	}
}

// hostOf returns the address of a peer without its port; empty when it has none.
func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	return host
}
