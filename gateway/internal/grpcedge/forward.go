package grpcedge

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/refersuite/refersuite/gateway/internal/apierror"
	"github.com/refersuite/refersuite/pkg/grpcx"
)

// both is how every call is forwarded: a unary call is a stream of one message each way.
var both = &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}

// forward is the handler of every RPC that this server does not serve itself. Whoever says no, the status and the metadata
// name the request: what the edge refuses gets its id here, as a service would give it.
func (s *Server) forward(_ any, inbound grpc.ServerStream) error {
	id := s.requestID(inbound.Context())
	err := s.relay(grpcx.WithRequestID(inbound.Context(), id), inbound)
	if err == nil {
		return nil
	}
	st := apierror.From(err)
	if !apierror.HasRequestID(st) {
		inbound.SetTrailer(metadata.Pairs(grpcx.RequestIDHeader, id))
	}
	return apierror.WithRequestID(st, id).Err()
}

// requestID takes over the caller's id if it looks sane, or makes one.
func (s *Server) requestID(ctx context.Context) string {
	if given := metadata.ValueFromIncomingContext(ctx, grpcx.RequestIDHeader); len(given) == 1 && grpcx.SaneRequestID(given[0]) {
		return given[0]
	}
	return s.opts.IDs.NewID()
}

// relay passes one call on and its answer back.
func (s *Server) relay(ctx context.Context, inbound grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(inbound)
	known, ok := s.methods[method]
	if !ok {
		return apierror.New(codes.Unimplemented, apierror.ReasonMethodUnknown,
			"there is no RPC %s here: ask reflection for those there are", method).Err()
	}
	ctx, cancel := bound(ctx, known)
	defer cancel()
	ctx = outgoing(ctx)

	conn, first, err := s.route(inbound, known)
	if err != nil {
		return err
	}
	outbound, err := conn.NewStream(ctx, both, method, grpc.ForceCodecV2(s.codec))
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() { sent <- pump(inbound, outbound, first) }()
	err = pumpBack(outbound, inbound)
	// The call is over; a sender that still waits for the client ends with the client's stream.
	cancel()
	if sendErr := <-sent; sendErr != nil && err == nil {
		err = sendErr
	}
	return err
}

// bound gives a call its deadline if it comes without one.
func bound(ctx context.Context, known method) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok || known.deadline == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, known.deadline)
}

// route finds the connection. Requests of the OperationsService name the service inside their first message, which is
// then already read.
func (s *Server) route(inbound grpc.ServerStream, known method) (grpc.ClientConnInterface, *frame, error) {
	if known.owner != "" {
		return s.set.Conn(known.owner), nil, nil
	}
	first := &frame{}
	if err := inbound.RecvMsg(first); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil, apierror.New(codes.InvalidArgument, apierror.ReasonServiceUnknown, "the call carries no request").Err()
		}
		return nil, nil, err
	}
	conn, err := s.set.Find(serviceField(first.data.Materialize()))
	return conn, first, err
}

// serviceField reads field 1, the name of the service, out of an encoded request of the OperationsService.
func serviceField(message []byte) string {
	name := ""
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return ""
		}
		message = message[n:]
		if number == 1 && kind == protowire.BytesType {
			value, n := protowire.ConsumeBytes(message)
			if n < 0 {
				return ""
			}
			name, message = string(value), message[n:]
			continue
		}
		if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
			return ""
		}
		message = message[n:]
	}
	return name
}

// pump sends what the client sends.
func pump(inbound grpc.ServerStream, outbound grpc.ClientStream, first *frame) error {
	if first != nil {
		if err := send(outbound, first); err != nil {
			return ended(err)
		}
	}
	for {
		message := &frame{}
		err := inbound.RecvMsg(message)
		if errors.Is(err, io.EOF) {
			return outbound.CloseSend()
		}
		if err != nil {
			return nil // the client has gone; its context says so to everybody
		}
		if err := send(outbound, message); err != nil {
			return ended(err)
		}
	}
}

// send passes a frame on and gives its memory back.
func send(stream interface{ SendMsg(any) error }, message *frame) error {
	defer message.data.Free()
	return stream.SendMsg(message)
}

// ended leaves the reason to the receiving side, where the status of the service arrives.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// pumpBack answers with what the service answers: header, messages, trailer and status.
func pumpBack(outbound grpc.ClientStream, inbound grpc.ServerStream) error {
	defer func() { inbound.SetTrailer(outbound.Trailer()) }()
	for first := true; ; first = false {
		message := &frame{}
		err := outbound.RecvMsg(message)
		if first {
			if header, headerErr := outbound.Header(); headerErr == nil {
				if setErr := inbound.SetHeader(header); setErr != nil {
					return setErr
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := send(inbound, message); err != nil {
			return err
		}
	}
}

// hopHeaders belong to one connection, or are written anew for the next.
var hopHeaders = []string{
	":authority", "content-type", "user-agent", "te", "grpc-timeout", "grpc-encoding", "grpc-accept-encoding",
	"traceparent", "tracestate", "baggage", "x-forwarded-for", "x-edge-authorization",
	grpcx.RequestIDHeader,
}

// outgoing forwards the client's metadata and tells the address it came from; the connection adds the id of the request.
func outgoing(ctx context.Context) context.Context {
	incoming, _ := metadata.FromIncomingContext(ctx)
	forwarded := incoming.Copy()
	for _, name := range hopHeaders {
		forwarded.Delete(name)
	}
	if from, ok := peer.FromContext(ctx); ok && from.Addr != nil {
		if host := hostOf(from.Addr.String()); host != "" {
			forwarded.Set("x-forwarded-for", host)
		}
	}
	return metadata.NewOutgoingContext(ctx, forwarded)
}
