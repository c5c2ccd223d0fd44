// Package apierror is the one form in which the edge says no: a google.rpc.Status whose details carry an ErrorInfo with a
// stable reason, as JSON over HTTP and as it is over gRPC.
package apierror

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/refersuite/refersuite/pkg/errs"
)

// Domain is the domain of every ErrorInfo.
const Domain = "refersuite"

// Reasons that the edge itself gives.
const (
	ReasonRouteNotFound      = "ROUTE_NOT_FOUND"
	ReasonMethodNotAllowed   = "METHOD_NOT_ALLOWED"
	ReasonPathInvalid        = "PATH_INVALID"
	ReasonBodyInvalid        = "BODY_INVALID"
	ReasonBodyTooLarge       = "BODY_TOO_LARGE"
	ReasonFieldUnknown       = "FIELD_UNKNOWN"
	ReasonParameterInvalid   = "PARAMETER_INVALID"
	ReasonBackendUnavailable = "BACKEND_UNAVAILABLE"
	ReasonDeadlineExceeded   = "DEADLINE_EXCEEDED"
	ReasonCanceled           = "CANCELED"
	ReasonInternal           = "INTERNAL"
	ReasonServiceUnknown     = "SERVICE_UNKNOWN"
	ReasonMethodUnknown      = "METHOD_UNKNOWN"
	ReasonKeyInvalid         = "IDEMPOTENCY_KEY_INVALID"
	ReasonKeyReused          = "IDEMPOTENCY_KEY_REUSED"
	ReasonKeyInProgress      = "IDEMPOTENCY_IN_PROGRESS"
)

// New returns a status with an ErrorInfo.
func New(code codes.Code, reason, format string, args ...any) *status.Status {
	return with(status.Newf(code, format, args...), &errdetails.ErrorInfo{Reason: reason, Domain: Domain})
}

// WithField adds the field that is wrong.
func WithField(st *status.Status, field, description string) *status.Status {
	return with(st, &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
		{Field: field, Description: description},
	}})
}

// WithRequestID adds the id of the request, unless the status names one already.
func WithRequestID(st *status.Status, id string) *status.Status {
	if id == "" || HasRequestID(st) {
		return st
	}
	return with(st, &errdetails.RequestInfo{RequestId: id})
}

// HasRequestID reports whether a status names the request that it answers.
func HasRequestID(st *status.Status) bool {
	return slices.ContainsFunc(st.Proto().GetDetails(), func(detail *anypb.Any) bool {
		return detail.MessageIs((*errdetails.RequestInfo)(nil))
	})
}

func with(st *status.Status, details ...protoadapt.MessageV1) *status.Status {
	detailed, err := st.WithDetails(details...)
	if err != nil {
		// Details are messages of ours; what cannot be packed is left out rather than lost with the whole answer.
		return st
	}
	return detailed
}

// From turns any error into what the caller may see. Statuses of services pass as they are, also when a connection has
// translated them; what the transport or the context says gets a reason and loses addresses; anything else is an internal
// error.
func From(err error) *status.Status {
	var sent interface{ GRPCStatus() *status.Status }
	var known *errs.Error
	var st *status.Status
	switch {
	case errors.As(err, &sent):
		if st = sent.GRPCStatus(); Reason(st) != "" {
			return st
		}
	case errors.As(err, &known):
		return fromErrs(known)
	default:
		st = status.FromContextError(err)
	}
	switch st.Code() {
	case codes.Unavailable:
		return New(codes.Unavailable, ReasonBackendUnavailable, "the service that answers this does not respond: try again")
	case codes.DeadlineExceeded:
		return New(codes.DeadlineExceeded, ReasonDeadlineExceeded, "time ran out; the outcome may be unknown: send the same request again")
	case codes.Canceled:
		return New(codes.Canceled, ReasonCanceled, "the caller gave up")
	case codes.Unknown, codes.Internal, codes.DataLoss, codes.OK:
		return New(codes.Internal, ReasonInternal, "internal error")
	default:
		return with(st, &errdetails.ErrorInfo{Reason: codeReason(st.Code()), Domain: Domain})
	}
}

func fromErrs(known *errs.Error) *status.Status {
	st := New(codes.Code(known.Code), known.Reason, "%s", known.Message)
	if len(known.Fields) > 0 {
		violations := make([]*errdetails.BadRequest_FieldViolation, 0, len(known.Fields))
		for _, field := range known.Fields {
			violations = append(violations, &errdetails.BadRequest_FieldViolation{Field: field.Field, Description: field.Description})
		}
		st = with(st, &errdetails.BadRequest{FieldViolations: violations})
	}
	if known.RetryAfter > 0 {
		st = with(st, &errdetails.RetryInfo{RetryDelay: durationpb.New(known.RetryAfter)})
	}
	return st
}

// Reason returns the reason in a status, or the empty string.
func Reason(st *status.Status) string {
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// codeReason is the name of a code as a reason, for statuses that came without one.
func codeReason(code codes.Code) string {
	names := map[codes.Code]string{
		codes.InvalidArgument: "INVALID_ARGUMENT", codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS",
		codes.PermissionDenied: "PERMISSION_DENIED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
		codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED", codes.OutOfRange: "OUT_OF_RANGE",
		codes.Unimplemented: "UNIMPLEMENTED", codes.Unauthenticated: "UNAUTHENTICATED",
	}
	if name, ok := names[code]; ok {
		return name
	}
	return fmt.Sprintf("CODE_%d", code)
}
