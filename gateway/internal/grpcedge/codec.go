// Package grpcedge forwards gRPC calls to the service that owns them, without decoding them, and answers server
// reflection for all services.
package grpcedge

import (
	"fmt"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// frame is one message as it came over the wire.
type frame struct{ data mem.BufferSlice }

// codec passes frames through and leaves every other message, such as those of reflection, to the protobuf codec.
type codec struct{ next encoding.CodecV2 }

func newCodec() codec { return codec{next: encoding.GetCodecV2(proto.Name)} }

// Marshal implements encoding.CodecV2.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(*frame); ok {
		f.data.Ref()
		return f.data, nil
	}
	data, err := c.next.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return data, nil
}

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	if f, ok := v.(*frame); ok {
		data.Ref()
		f.data = data
		return nil
	}
	if err := c.next.Unmarshal(data, v); err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	return nil
}

// Name implements encoding.CodecV2: on the wire this is protobuf.
func (codec) Name() string { return proto.Name }
