package access

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/refersuite/refersuite/pkg/errs"
)

// Reasons of the errors of this package.
const (
	// ReasonTokenMissing: the RPC needs a token and none was sent.
	ReasonTokenMissing = "TOKEN_MISSING"
	// ReasonRoleRequired: the token carries none of the roles of the policy.
	ReasonRoleRequired = "ROLE_REQUIRED"
	// ReasonSubjectMismatch: a person asked for somebody else's data.
	ReasonSubjectMismatch = "SUBJECT_MISMATCH"
)

// RateLimit bounds the calls of one caller to one RPC. The zero value is no limit.
type RateLimit struct {
	// Requests allowed per period.
	Requests int
	// Period over which they are counted.
	Period time.Duration
}

// Policy says who may call one RPC and what is recorded about the call. It never changes after Load.
type Policy struct {
	// Method is the full RPC name, such as /refersuite.wallet.v1.WalletService/GetBalance.
	Method string
	// Roles that may call; any one of them is enough. Empty when Anonymous.
	Roles []string
	// Anonymous is true when no token is needed.
	Anonymous bool
	// SubjectField is the request field that must equal the subject of a caller who acts as USER only; empty for none.
	SubjectField string
	// RateLimit bounds the calls of one caller.
	RateLimit RateLimit
	// Audited is true when every call is kept in the audit trail.
	Audited bool
	// Request describes the request message.
	Request protoreflect.MessageDescriptor

	subject protoreflect.FieldDescriptor
}

// CheckRole refuses a caller who carries none of the policy's roles.
// Errors: UNAUTHENTICATED (TOKEN_MISSING), PERMISSION_DENIED (ROLE_REQUIRED).
func (p *Policy) CheckRole(caller Caller) error {
	if p.Anonymous {
		return nil
	}
	if caller.Anonymous() {
		return errs.New(errs.Unauthenticated, ReasonTokenMissing,
			"%s needs a token: send the header authorization: Bearer <token>", p.Method)
	}
	for _, role := range p.Roles {
		if caller.Has(role) {
			return nil
		}
	}
	return errs.New(errs.PermissionDenied, ReasonRoleRequired, "%s needs one of the roles %s; the token carries %s",
		p.Method, strings.Join(p.Roles, ", "), strings.Join(caller.Roles, ", "))
}

// CheckSubject refuses a caller who acts as USER only and names somebody else in the subject field.
// Errors: PERMISSION_DENIED (SUBJECT_MISMATCH).
func (p *Policy) CheckSubject(caller Caller, req proto.Message) error {
	if p.subject == nil || p.actsForOthers(caller) {
		return nil
	}
	m := req.ProtoReflect()
	// Descriptors are compared by identity in reflection, so a dynamic message needs its own.
	field := p.subject
	if m.Descriptor() != p.Request {
		if field = m.Descriptor().Fields().ByName(p.subject.Name()); field == nil {
			return errs.New(errs.Internal, "POLICY_BROKEN", "%s has no field %s", m.Descriptor().FullName(), p.SubjectField)
		}
	}
	if m.Get(field).String() == caller.Subject {
		return nil
	}
	return errs.New(errs.PermissionDenied, ReasonSubjectMismatch,
		"%s must be the subject of the token: people act for themselves only", p.SubjectField).
		WithField(p.SubjectField, "must equal the subject of the token")
}

// actsForOthers reports whether the caller carries ADMIN or SYSTEM and the policy admits that role.
func (p *Policy) actsForOthers(caller Caller) bool {
	for _, role := range p.Roles {
		if role != RoleUser && slices.Contains(caller.Roles, role) {
			return true
		}
	}
	return false
}
