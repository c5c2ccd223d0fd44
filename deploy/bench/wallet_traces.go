package main

import (
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
)

// traceSink is a collector that takes all spans over OTLP and throws them away.
type traceSink struct {
	listener net.Listener
	server   *grpc.Server
	ended    chan error
}

func newTraceSink() (*traceSink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with close
	if err != nil {
		return nil, err
	}
	s := &traceSink{listener: listener, ended: make(chan error, 1), server: grpc.NewServer(
		grpc.ForceServerCodecV2(discardCodec{}),
		grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
			if err := stream.RecvMsg(nil); err != nil {
				return err
			}
			return stream.SendMsg(nil)
		}))}
	go func() { s.ended <- s.server.Serve(listener) }()
	return s, nil
}

func (s *traceSink) address() string { return s.listener.Addr().String() }

func (s *traceSink) close() error {
	s.server.Stop()
	return <-s.ended
}

// discardCodec reads nothing of a message and writes an empty one.
type discardCodec struct{}

// Name implements encoding.CodecV2.
func (discardCodec) Name() string { return "proto" }

// Marshal implements encoding.CodecV2.
func (discardCodec) Marshal(any) (mem.BufferSlice, error) { return nil, nil }

// Unmarshal implements encoding.CodecV2.
func (discardCodec) Unmarshal(mem.BufferSlice, any) error { return nil }
