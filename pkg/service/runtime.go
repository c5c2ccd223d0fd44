package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/ops"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/ratelimit"
)

// Runtime is what a service is built from. All of it outlives the service; only Close, called by whoever called Build,
// ends it.
type Runtime struct {
	// Name of the service, such as wallet.
	Name string
	// Clock tells the time.
	Clock clock.Clock
	// IDs makes identifiers.
	IDs idgen.Source
	// Logger is the logger of Telemetry.
	Logger *slog.Logger
	// Telemetry carries the tracer and meter providers.
	Telemetry *otelx.Telemetry
	// Mongo is the database of the service; nil means that everything is kept in memory.
	Mongo *mongo.Database
	// Redis is never nil: without an address it runs in the process. It never holds truth.
	Redis redis.UniversalClient
	// Verifier believes the tokens of people and of the other services.
	Verifier authn.Verifier
	// Tokens are those of the service's own calls; nil when it has no key and cannot call others.
	Tokens *authn.ServiceTokens
	// Audit keeps the audit trail, in the same place as everything else of the service.
	Audit audit.Store

	// Limiter bounds calls; nil limits within this process.
	Limiter ratelimit.Limiter

	client Client
	closes []closing

	mu     sync.Mutex
	checks []ops.Check
}

// AddCheck adds a dependency that /readyz asks. The stores are there already.
func (rt *Runtime) AddCheck(check ops.Check) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	rt.checks = append(rt.checks, check)
}

// Checks returns what /readyz asks.
func (rt *Runtime) Checks() []ops.Check {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	return slices.Clone(rt.checks)
}

// closing ends one part of a runtime.
type closing struct {
	what string
	end  func(context.Context) error
}

// onClose remembers how to end a part; Close ends the last one first.
func (rt *Runtime) onClose(what string, end func(context.Context) error) {
	rt.closes = append(rt.closes, closing{what, end})
}

// Close ends what Build began, the last thing first, so that telemetry hears of everything. Shared parts are left alone.
func (rt *Runtime) Close(ctx context.Context) error {
	var problems []error
	for i := len(rt.closes) - 1; i >= 0; i-- {
		if err := rt.closes[i].end(ctx); err != nil {
			problems = append(problems, fmt.Errorf("close %s: %w", rt.closes[i].what, err))
		}
	}
	rt.closes = nil
	return errors.Join(problems...)
}
