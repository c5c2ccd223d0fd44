package domain

import "fmt"

// RefusalKind is the class of a refusal.
type RefusalKind int

// The classes.
const (
	// Invalid: the request can never succeed as it is.
	Invalid RefusalKind = iota + 1
	// Precondition: the state of the referral or programme forbids it.
	Precondition
	// Conflict: the same identity was used with other contents.
	Conflict
	// Exhausted: a limit is reached.
	Exhausted
)

// Refusal is a rule that says no. Nothing was changed.
type Refusal struct {
	// Kind is the class.
	Kind RefusalKind
	// Reason names the rule in UPPER_SNAKE_CASE.
	Reason string
	// Field is the path of the field at fault; empty when no single field is.
	Field string
	// Message says what is wrong and what to do.
	Message string
}

// Error returns the reason and the message.
func (r *Refusal) Error() string { return r.Reason + ": " + r.Message }

func refuse(kind RefusalKind, reason, format string, args ...any) *Refusal {
	return &Refusal{Kind: kind, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

func invalid(reason, field, format string, args ...any) *Refusal {
	r := refuse(Invalid, reason, format, args...)
	r.Field = field
	return r
}
