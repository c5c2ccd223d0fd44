package grpcx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// ClientConfig says how to reach a server. Zero values are good except for Target.
type ClientConfig struct {
	// Target is the address, such as wallet:9090 or dns:///wallet:9090; with a resolver scheme all its addresses are used
	// in turn.
	Target string
	// TLS encrypts, verified against the system's authorities unless TLSCAFile names others.
	TLS bool
	// TLSCAFile holds the PEM authorities of the server's certificate; setting it implies TLS.
	TLSCAFile string
	// TLSCertFile and TLSKeyFile hold the client's own certificate (mTLS).
	TLSCertFile, TLSKeyFile string
	// TLSServerName is the name expected in the server's certificate when it is not that of Target.
	TLSServerName string
	// DefaultDeadline is that of calls whose context has none; zero means 5 s.
	DefaultDeadline time.Duration
	// Shave is what is taken off the caller's deadline, so that the answer about a timeout still reaches them; zero means
	// 5 ms.
	Shave time.Duration
}

// TokenSource gives the token that a process sends with its own calls; *authn.ServiceTokens is one.
type TokenSource interface {
	// Token returns a token that is good for this call.
	Token(ctx context.Context) (string, error)
}

// ClientDeps is what a connection works with. All of it may be nil.
type ClientDeps struct {
	// Tokens authenticates calls whose context carries no authorization metadata of its own: calls of one service to
	// another. An edge that forwards tokens of others leaves it nil, for a call without a token must stay anonymous.
	Tokens TokenSource
	// EdgeTokens proves that this process is the suite's edge, whose x-forwarded-for is to be believed.
	EdgeTokens TokenSource
	// TracerProvider and MeterProvider receive spans and RED metrics. Nil or no-op ones cost nothing.
	TracerProvider trace.TracerProvider
	// MeterProvider is described above.
	MeterProvider metric.MeterProvider
	// Dialer replaces the network, for tests.
	Dialer func(ctx context.Context, address string) (net.Conn, error)
}

const defaultShave = 5 * time.Millisecond

// Dial returns a connection; it is made when first used. Calls over it are spread over the addresses of the target, carry
// deadline, token, request id and trace, are repeated on UNAVAILABLE where repeating is harmless, and fail with an
// *errs.Error.
func Dial(cfg ClientConfig, deps ClientDeps) (*grpc.ClientConn, error) {
	if cfg.Target == "" {
		return nil, errors.New("grpc client: no target; give an address such as localhost:9090")
	}
	cfg.DefaultDeadline = orDefault(cfg.DefaultDeadline, defaultDeadline)
	cfg.Shave = orDefault(cfg.Shave, defaultShave)
	credentials, err := clientCredentials(cfg)
	if err != nil {
		return nil, fmt.Errorf("grpc client of %s: %w", cfg.Target, err)
	}
	c := &caller{cfg: cfg, deps: deps}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(credentials),
		grpc.WithKeepaliveParams(clientKeepalive),
		grpc.WithDefaultServiceConfig(serviceConfig()),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(MaxMessageBytes),
			grpc.MaxCallSendMsgSize(MaxMessageBytes),
		),
		grpc.WithUnaryInterceptor(c.unary),
		grpc.WithStreamInterceptor(c.stream),
	}
	options = append(options, clientTelemetry(deps.TracerProvider, deps.MeterProvider)...)
	if deps.Dialer != nil {
		options = append(options, grpc.WithContextDialer(deps.Dialer))
	}
	conn, err := grpc.NewClient(cfg.Target, options...)
	if err != nil {
		return nil, fmt.Errorf("grpc client of %s: %w", cfg.Target, err)
	}
	return conn, nil
}

// caller is what is done to every outgoing call.
type caller struct {
	cfg  ClientConfig
	deps ClientDeps
}

func (c *caller) unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn,
	invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
) error {
	ctx, cancel := c.shave(ctx)
	defer cancel()
	ctx, err := c.describe(ctx)
	if err != nil {
		return err
	}
	return FromStatus(invoke(ctx, method, req, reply, cc, opts...))
}

// shave sets the deadline a little before the caller's own.
func (c *caller) shave(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, deadline.Add(-c.cfg.Shave))
	}
	return context.WithTimeout(ctx, c.cfg.DefaultDeadline)
}

// describe adds the request id and the tokens to the outgoing metadata. What is there already stays.
func (c *caller) describe(ctx context.Context) (context.Context, error) {
	outgoing, _ := metadata.FromOutgoingContext(ctx)
	var pairs []string
	if id := RequestID(ctx); id != "" && len(outgoing.Get(RequestIDHeader)) == 0 {
		pairs = append(pairs, RequestIDHeader, id)
	}
	for _, t := range []struct {
		header string
		source TokenSource
	}{{AuthorizationHeader, c.deps.Tokens}, {EdgeHeader, c.deps.EdgeTokens}} {
		if t.source == nil || len(outgoing.Get(t.header)) > 0 {
			continue
		}
		token, err := t.source.Token(ctx)
		if err != nil {
			return ctx, fmt.Errorf("token for an outgoing call: %w", err)
		}
		pairs = append(pairs, t.header, "Bearer "+token)
	}
	if len(pairs) == 0 {
		return ctx, nil
	}
	return metadata.AppendToOutgoingContext(ctx, pairs...), nil
}

// stream is unary for streams, which have no deadline but their caller's.
func (c *caller) stream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string,
	open grpc.Streamer, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	ctx, err := c.describe(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := open(ctx, desc, cc, method, opts...)
	if err != nil {
		return nil, FromStatus(err)
	}
	return &translatedStream{ClientStream: stream}, nil
}

// translatedStream turns the statuses of a stream into *errs.Error.
type translatedStream struct{ grpc.ClientStream }

// RecvMsg receives; io.EOF stays io.EOF.
func (s *translatedStream) RecvMsg(m any) error { return FromStatus(s.ClientStream.RecvMsg(m)) }

// Header waits for the header of the response.
func (s *translatedStream) Header() (metadata.MD, error) {
	header, err := s.ClientStream.Header()
	return header, FromStatus(err)
}
