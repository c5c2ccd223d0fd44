// Package errs is how every layer says what went wrong: a code that machines branch on, a reason that names the case, and
// a message that tells a person what to do. It knows nothing of gRPC; package grpcx maps it once, at the edge of a process.
package errs

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Code is the class of an error. Values are those of google.rpc.Code.
type Code uint32

// The codes in use.
const (
	// Canceled: the caller gave up.
	Canceled Code = 1
	// Unknown: nobody said what it is.
	Unknown Code = 2
	// InvalidArgument: the request can never succeed as it is.
	InvalidArgument Code = 3
	// DeadlineExceeded: time ran out; the outcome may be unknown.
	DeadlineExceeded Code = 4
	// NotFound: what the request names does not exist.
	NotFound Code = 5
	// AlreadyExists: what the request would make exists with other contents.
	AlreadyExists Code = 6
	// PermissionDenied: the caller is known and may not.
	PermissionDenied Code = 7
	// ResourceExhausted: a limit is reached.
	ResourceExhausted Code = 8
	// FailedPrecondition: the state forbids it; repeating does not help until the state changes.
	FailedPrecondition Code = 9
	// Aborted: a race was lost; the caller may repeat.
	Aborted Code = 10
	// Unimplemented: there is no such operation.
	Unimplemented Code = 12
	// Internal: a defect.
	Internal Code = 13
	// Unavailable: a dependency does not answer; the caller repeats the same request.
	Unavailable Code = 14
	// Unauthenticated: the caller is not known.
	Unauthenticated Code = 16
)

// ReasonOutcomeUnknown is the reason of errors that answer neither yes nor no.
const ReasonOutcomeUnknown = "OUTCOME_UNKNOWN"

// FieldViolation names a field of a request and what is wrong with it.
type FieldViolation struct {
	// Field is the path of the field, such as terms.ladder.tiers[0].name.
	Field string
	// Description says what is wrong and what the limit is.
	Description string
}

// Error is an error with a code and a reason. Its message may be shown to the caller.
type Error struct {
	// Code is the class.
	Code Code
	// Reason names the case in UPPER_SNAKE_CASE; clients branch on it.
	Reason string
	// Message says what is wrong and what to do.
	Message string
	// Fields are the fields at fault; empty when no single field is.
	Fields []FieldViolation
	// RetryAfter is how long to wait before trying again; zero when there is nothing to say.
	RetryAfter time.Duration
	cause      error
}

// New returns an error. The format may wrap a cause with %w; the cause's text becomes part of the message, so it must be
// fit for the caller.
func New(code Code, reason, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Reason: reason, Message: err.Error(), cause: errors.Unwrap(err)}
}

// Invalid returns an INVALID_ARGUMENT error about one field.
func Invalid(reason, field, format string, args ...any) *Error {
	e := New(InvalidArgument, reason, format, args...)
	return e.WithField(field, e.Message)
}

// OutcomeUnknown returns the error for a write that may or may not have happened. The cause is kept for the log.
func OutcomeUnknown(cause error) *Error {
	e := New(Unavailable, ReasonOutcomeUnknown, "the outcome is unknown: send the same request again, it is executed once")
	e.cause = cause
	return e
}

// Error returns the message, and the cause when the message does not tell it.
func (e *Error) Error() string {
	if e.cause != nil && e.Reason == ReasonOutcomeUnknown {
		return e.Reason + ": " + e.Message + ": " + e.cause.Error()
	}
	return e.Reason + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// WithField returns a copy of e that also names a field.
func (e *Error) WithField(field, description string) *Error {
	c := *e
	c.Fields = append(append([]FieldViolation(nil), e.Fields...), FieldViolation{Field: field, Description: description})
	return &c
}

// WithRetryAfter returns a copy of e that says how long to wait.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// WithCause returns a copy of e that keeps a cause for the log; the caller never sees it.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Reason returns the reason of the first Error in err's chain, or the empty string.
func Reason(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// CodeOf returns the code of the first Error in err's chain. The errors of contexts have their own codes; anything else is
// Internal, and no error is zero.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, context.DeadlineExceeded):
		return DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return Canceled
	default:
		return Internal
	}
}

// IsTransient reports whether sending the same request again may succeed without anything else changing.
func IsTransient(err error) bool {
	switch CodeOf(err) {
	case Unavailable, DeadlineExceeded, Aborted, ResourceExhausted, Canceled, Internal, Unknown:
		return true
	default:
		return false
	}
}
