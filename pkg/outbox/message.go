package outbox

import (
	"encoding/json"
	"time"
)

// State says what became of a message.
type State string

// The states of a message.
const (
	// StatePending: to be delivered, now, after a backoff or at its time.
	StatePending State = "PENDING"
	// StateDone: the receiver has executed it.
	StateDone State = "DONE"
	// StateRefused: the receiver said no for good.
	StateRefused State = "REFUSED"
	// StateParked: every attempt failed; an operator looks at it and redrives it.
	StateParked State = "PARKED"
)

// Message is one command to another service. Its ID is made from business identity, so that adding and delivering it
// again changes nothing. Times are UTC milliseconds.
type Message struct {
	// ID is unique in its box.
	ID string `json:"id"`
	// Kind names the command, such as wallet.issue_reward.
	Kind string `json:"kind"`
	// Lane is the queue inside the box whose order is kept.
	Lane string `json:"lane,omitempty"`
	// Payload is what the sender needs to build the request.
	Payload json.RawMessage `json:"payload,omitempty"`
	// Trace is the W3C traceparent of the change that caused the message.
	Trace string `json:"trace,omitempty"`
	// CreatedAt is when the message was added.
	CreatedAt time.Time `json:"created_at"`
	// NotBefore is the earliest delivery; zero means at once.
	NotBefore time.Time `json:"not_before,omitempty,omitzero"`
	// RetryAt is the end of the backoff after a failed attempt.
	RetryAt time.Time `json:"retry_at,omitempty,omitzero"`
	// DoneAt is when the message was settled: done, refused or parked.
	DoneAt time.Time `json:"done_at,omitempty,omitzero"`
	// State is what became of it; the zero value counts as pending.
	State State `json:"state"`
	// Attempts counts deliveries that were settled.
	Attempts int `json:"attempts,omitempty"`
	// LastError is why the last attempt failed or was refused.
	LastError string `json:"last_error,omitempty"`
	// Result is what the sender kept of the receiver's answer.
	Result json.RawMessage `json:"result,omitempty"`
}

func (m *Message) open() bool { return m.State == StatePending || m.State == "" }

// scheduled reports whether the message waits for its time.
func (m *Message) scheduled(now time.Time) bool { return m.open() && m.NotBefore.After(now) }

// dueAt is the time from which the message may be sent.
func (m *Message) dueAt() time.Time { return later(later(m.CreatedAt, m.NotBefore), m.RetryAt) }

// since is the time from which the message waits to be delivered, whatever its attempts.
func (m *Message) since() time.Time { return later(m.CreatedAt, m.NotBefore) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
