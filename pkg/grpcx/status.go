package grpcx

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/refersuite/refersuite/pkg/errs"
)

// Domain is the domain of the ErrorInfo of every error.
const Domain = "refersuite"

// Reasons of errors that no code of ours has named.
const (
	// ReasonInternal: a defect; the log says which, by the request id.
	ReasonInternal = "INTERNAL"
	// ReasonDeadlineExceeded: the deadline passed.
	ReasonDeadlineExceeded = "DEADLINE_EXCEEDED"
	// ReasonCancelled: the caller gave up.
	ReasonCancelled = "CANCELLED"
	// ReasonUnimplemented: the server does not know the RPC.
	ReasonUnimplemented = "UNIMPLEMENTED"
)

// Status maps an error to what the caller sees: code, message, ErrorInfo with the reason, the fields at fault, when to try
// again, and the request id. Of an error that is not an *errs.Error, and of every INTERNAL one, the text stays inside.
func Status(err error, requestID string) *status.Status {
	if err == nil {
		return status.New(codes.OK, "")
	}
	e := visible(err)
	st := status.New(codes.Code(e.Code), e.Message)
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: e.Reason, Domain: Domain}}
	if len(e.Fields) > 0 {
		bad := &errdetails.BadRequest{}
		for _, f := range e.Fields {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
				Field: f.Field, Description: f.Description,
			})
		}
		details = append(details, bad)
	}
	if e.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(e.RetryAfter)})
	}
	if requestID != "" {
		details = append(details, &errdetails.RequestInfo{RequestId: requestID})
	}
	full, detailErr := st.WithDetails(details...)
	if detailErr != nil {
		return st
	}
	return full
}

// visible returns the part of an error that its caller may see.
func visible(err error) *errs.Error {
	var e *errs.Error
	switch {
	case errors.As(err, &e) && e.Code != errs.Internal && e.Code != errs.Unknown:
		return e
	case e != nil:
		return errs.New(errs.Internal, orDefault(e.Reason, ReasonInternal), "internal error")
	case errors.Is(err, context.DeadlineExceeded):
		return errs.New(errs.DeadlineExceeded, ReasonDeadlineExceeded,
			"the deadline passed; what was asked may have been done: send the same request again")
	case errors.Is(err, context.Canceled):
		return errs.New(errs.Canceled, ReasonCancelled, "the call was cancelled")
	case status.Code(err) == codes.Unimplemented:
		return errs.New(errs.Unimplemented, ReasonUnimplemented, "%s", status.Convert(err).Message())
	default:
		return errs.New(errs.Internal, ReasonInternal, "internal error")
	}
}

// FromStatus turns the error of an outgoing call into an *errs.Error, so that callers ask errs.Reason and errs.CodeOf
// instead of reading statuses. The status stays its cause.
func FromStatus(err error) error {
	if err == nil {
		return nil
	}
	var known *errs.Error
	if errors.As(err, &known) {
		return err
	}
	st, ok := status.FromError(err)
	if !ok {
		return err
	}
	e := &errs.Error{Code: errs.Code(st.Code()), Reason: reasonOf(st.Code()), Message: st.Message()}
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			e.Reason = orDefault(d.GetReason(), e.Reason)
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				e.Fields = append(e.Fields, errs.FieldViolation{Field: v.GetField(), Description: v.GetDescription()})
			}
		case *errdetails.RetryInfo:
			e.RetryAfter = d.GetRetryDelay().AsDuration()
		}
	}
	return e.WithCause(err)
}

// reasonOf names a code that came without a reason, as those of the transport do.
func reasonOf(code codes.Code) string {
	switch code {
	case codes.DeadlineExceeded:
		return ReasonDeadlineExceeded
	case codes.Canceled:
		return ReasonCancelled
	case codes.Unimplemented:
		return ReasonUnimplemented
	case codes.Unavailable:
		return "UNAVAILABLE"
	case codes.ResourceExhausted:
		return "RESOURCE_EXHAUSTED"
	case codes.Unauthenticated:
		return "UNAUTHENTICATED"
	case codes.PermissionDenied:
		return "PERMISSION_DENIED"
	default:
		return ReasonInternal
	}
}

// fullError renders an error for the log: its text, and the cause an *errs.Error keeps to itself.
func fullError(err error) string {
	text := err.Error()
	var e *errs.Error
	if errors.As(err, &e) {
		if cause := e.Unwrap(); cause != nil && cause.Error() != e.Message {
			return fmt.Sprintf("%s (cause: %s)", text, cause)
		}
	}
	return text
}
