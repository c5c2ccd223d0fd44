// Package access decides who may call what. The policy of an RPC is written in the proto next to it; this package reads it
// from the descriptors once, at start, and checks every call against it. What has no policy cannot be served.
package access

import (
	"context"
	"slices"
)

// Names of the roles a token may carry.
const (
	// RoleUser is a person who acts for themselves.
	RoleUser = "USER"
	// RoleAdmin is a person who runs programmes.
	RoleAdmin = "ADMIN"
	// RoleSystem is another service, or the company's own backend.
	RoleSystem = "SYSTEM"
)

// Caller is who makes a call, as proved by their token. The zero value is the anonymous caller.
type Caller struct {
	// Subject is the pseudonymous id of the person or the name of the service.
	Subject string
	// Roles are those of the token: USER, ADMIN, SYSTEM.
	Roles []string
	// TokenID is the jti of the token; empty when it has none.
	TokenID string
}

// Anonymous reports whether nobody was proved to be calling.
func (c Caller) Anonymous() bool { return c.Subject == "" }

// Has reports whether the caller carries the role.
func (c Caller) Has(role string) bool { return slices.Contains(c.Roles, role) }

type callerKey struct{}

// NewContext returns a context that carries the caller.
func NewContext(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// FromContext returns the caller of the RPC being served; false when nobody was authenticated.
func FromContext(ctx context.Context) (Caller, bool) {
	caller, ok := ctx.Value(callerKey{}).(Caller)
	return caller, ok && !caller.Anonymous()
}
