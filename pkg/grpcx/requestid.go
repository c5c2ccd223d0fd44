package grpcx

import "context"

// RequestIDHeader carries the id of a request: taken over from the caller if it looks sane, sent on with every call made on
// behalf of it, and returned in the header of
// the response, or in the trailer of a failed call.
const RequestIDHeader = "x-request-id"

const maxRequestID = 128

type requestIDKey struct{}

// RequestID returns the id of the request being served, or the one WithRequestID set; empty outside of both.
func RequestID(ctx context.Context) string {
	if id, ok := ctx.Value(requestIDKey{}).(string); ok {
		return id
	}
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c.requestID
	}
	return ""
}

// WithRequestID returns a context whose outgoing calls carry the id. The edge and the relays use it.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// SaneRequestID reports whether an id from outside may be taken over: 1 to 128 letters, digits and -._:|=+/.
func SaneRequestID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		b := id[i]
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		case b == '-' || b == '.' || b == '_' || b == ':' || b == '|' || b == '=' || b == '+' || b == '/':
		default:
			return false
		}
	}
	return true
}
