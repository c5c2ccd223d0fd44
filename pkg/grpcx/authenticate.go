package grpcx

import (
	"context"
	"net"
	"strings"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/errs"
)

// Headers of the metadata that mean something here.
const (
	// AuthorizationHeader carries "Bearer <token>" of the caller.
	AuthorizationHeader = "authorization"
	// EdgeHeader carries "Bearer <token>" of the suite's own edge beside the caller's token, or without one. It gives no
	// rights; it makes ForwardedHeader believable.
	EdgeHeader = "x-edge-authorization"
	// ForwardedHeader carries the client's address as the edge saw it; of several the last counts.
	ForwardedHeader = "x-forwarded-for"
)

// authenticate finds out who calls. Whether that is enough is up to the policy; where no token is needed, a bad one is as
// good as none.
func (c *chain) authenticate(ctx context.Context, call *call, rest func(context.Context) error) error {
	token, err := bearer(metadata.ValueFromIncomingContext(ctx, AuthorizationHeader))
	if err == nil && token != "" {
		call.caller, err = c.deps.Verifier.Verify(ctx, token)
	}
	if err != nil {
		if call.policy == nil || !call.policy.Anonymous {
			return err
		}
		call.caller = access.Caller{}
	}
	if !call.caller.Anonymous() {
		ctx = access.NewContext(ctx, call.caller)
	}
	return rest(ctx)
}

// bearer returns the token of an authorization header; empty when there is none.
func bearer(values []string) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	const scheme = "bearer "
	value := values[0]
	if len(values) > 1 || len(value) <= len(scheme) || !strings.EqualFold(value[:len(scheme)], scheme) {
		return "", errs.New(errs.Unauthenticated, authn.ReasonTokenInvalid,
			"the header authorization must be sent once and read: Bearer <token>")
	}
	return strings.TrimSpace(value[len(scheme):]), nil
}

// limitKey names who is limited: the caller, or the address of an anonymous one.
func (c *chain) limitKey(ctx context.Context, call *call) string {
	viaEdge := call.policy.Anonymous && c.fromEdge(ctx, call)
	if !call.caller.Anonymous() && !viaEdge {
		return call.method + "|subject|" + call.caller.Subject
	}
	if viaEdge {
		if values := metadata.ValueFromIncomingContext(ctx, ForwardedHeader); len(values) > 0 {
			all := values[len(values)-1]
			if last := strings.TrimSpace(all[strings.LastIndexByte(all, ',')+1:]); net.ParseIP(last) != nil {
				return call.method + "|address|" + last
			}
		}
	}
	return call.method + "|address|" + peerAddress(ctx)
}

// fromEdge reports whether the peer may speak for the address of its client.
func (c *chain) fromEdge(ctx context.Context, call *call) bool {
	if c.cfg.TrustForwarded || call.caller.Has(access.RoleSystem) {
		return true
	}
	token, err := bearer(metadata.ValueFromIncomingContext(ctx, EdgeHeader))
	if err != nil || token == "" {
		return false
	}
	edge, err := c.deps.Verifier.Verify(ctx, token)
	return err == nil && edge.Has(access.RoleSystem)
}

// peerAddress returns the address of the peer without its port.
func peerAddress(ctx context.Context) string {
	p, ok := peer.FromContext(ctx)
	if !ok || p.Addr == nil {
		return "unknown"
	}
	host, _, err := net.SplitHostPort(p.Addr.String())
	if err != nil {
		return p.Addr.String()
	}
	return host
}
