package ops

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/outbox"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
)

// Reasons of the errors of Server, beside page.ReasonTokenInvalid.
const (
	// ReasonServiceMismatch: the request names another service than the one that was asked.
	ReasonServiceMismatch = "SERVICE_MISMATCH"
	// ReasonCommandNotFound: the service delivers no commands at all.
	ReasonCommandNotFound = "COMMAND_NOT_FOUND"
)

// AuditLister reads the audit trail; audit.Store has it.
type AuditLister interface {
	// List returns entries newest first.
	List(ctx context.Context, query audit.Query) ([]audit.Entry, error)
}

// Outbox is what Server asks of undelivered commands; every outbox.Source has it.
type Outbox interface {
	// Backlog counts what waits.
	Backlog(ctx context.Context, now time.Time) (outbox.Backlog, error)
	// Parked returns parked messages, oldest first.
	Parked(ctx context.Context, limit int) ([]outbox.Parked, error)
	// Redrive makes a parked message pending again and reports whether it was parked.
	Redrive(ctx context.Context, aggregateID, messageID string, now time.Time) (bool, error)
}

// VerifyFunc walks chains and reports their faults; (*chain.Log).VerifyAll bound to its prefix is one.
type VerifyFunc func(ctx context.Context) (chain.Report, error)

// Parts are what the operations of one service work on. A nil part answers empty.
type Parts struct {
	// Service is the name of the service, such as wallet.
	Service string
	// Clock tells the time; required with Outbox.
	Clock clock.Clock
	// Audit is the trail of the service.
	Audit AuditLister
	// Outbox holds the commands that the service delivers.
	Outbox Outbox
	// Chains verify the chains that the service owns, one function per log.
	Chains []VerifyFunc
}

// Server implements commonv1.OperationsServiceServer for one service.
type Server struct {
	commonv1.UnimplementedOperationsServiceServer
	parts Parts
}

// NewServer returns the operations of a service.
func NewServer(parts Parts) *Server {
	if parts.Clock == nil {
		parts.Clock = clock.System()
	}
	return &Server{parts: parts}
}

// Register puts the OperationsService of a service on its server.
func Register(registrar grpc.ServiceRegistrar, parts Parts) {
	commonv1.RegisterOperationsServiceServer(registrar, NewServer(parts))
}

// checkService refuses a request that reached the wrong service.
func (s *Server) checkService(named string) error {
	if named == s.parts.Service {
		return nil
	}
	return errs.Invalid(ReasonServiceMismatch, "service", "this is the %s service: ask the %s service itself, or the gateway",
		s.parts.Service, named)
}

func timestamp(at time.Time) *timestamppb.Timestamp {
	if at.IsZero() {
		return nil
	}
	return timestamppb.New(at)
}
