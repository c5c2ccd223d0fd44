// Package audit keeps who meant to do what, before it happens, and what came of it, after. An intent that cannot be kept
// stops the call; an outcome that cannot be kept is logged and counted, since what it tells has already happened.
package audit

import (
	"context"
	"time"
)

// Retention is how long entries are kept.
const Retention = 3 * 365 * 24 * time.Hour

// MaxPage bounds Query.Limit.
const MaxPage = 500

// Intent is one call that is about to happen.
type Intent struct {
	// ID identifies the entry. Ids sort by time (version 7 UUIDs): they are the order of the trail.
	ID string
	// Method is the full RPC name.
	Method string
	// Subject of the caller's token; empty for an anonymous caller.
	Subject string
	// Roles of the caller's token.
	Roles []string
	// RequestID as returned to the caller.
	RequestID string
	// TraceID of the call; empty when it was not traced.
	TraceID string
	// StartedAt is when the intent was recorded.
	StartedAt time.Time
	// Targets are identifying request fields as name=value, never personal data.
	Targets []string
}

// Outcome is what came of a call.
type Outcome struct {
	// ID of the intent.
	ID string
	// FinishedAt is when the call ended.
	FinishedAt time.Time
	// Code is the name of the gRPC code, such as OK or FAILED_PRECONDITION.
	Code string
	// Reason of a refusal; empty otherwise.
	Reason string
}

// Entry is an intent with its outcome, as far as it is known.
type Entry struct {
	Intent
	// FinishedAt is zero while the call runs, or when its process died before it could say.
	FinishedAt time.Time
	// Code is empty as long as FinishedAt is zero.
	Code string
	// Reason of a refusal; empty otherwise.
	Reason string
}

// Query selects a page of the trail.
type Query struct {
	// Subject selects calls of one caller; empty means everybody's.
	Subject string
	// Method selects calls of one RPC; empty means all.
	Method string
	// Before selects entries older than the one of this id; empty starts at the newest.
	Before string
	// Limit is the most entries returned, 1 to MaxPage; other values mean MaxPage.
	Limit int
}

// Store keeps the trail. Implementations are safe for concurrent use.
type Store interface {
	// Begin keeps an intent and returns when it is durable. Repeating it with the same id changes nothing.
	Begin(ctx context.Context, intent Intent) error
	// End adds the outcome to the entry of the same id. It may return before that is durable: what cannot be written later
	// is logged and counted by the store. An unknown id is ignored, for the entry may have aged out. The first outcome of an
	// entry stands: ending it again changes nothing.
	End(ctx context.Context, outcome Outcome) error
	// List returns entries newest first, that is by descending id. It sees every Begin that returned, and every End at the
	// latest after Flush.
	List(ctx context.Context, query Query) ([]Entry, error)
	// Flush returns when every outcome given to End before is durable, or was reported as lost.
	Flush(ctx context.Context) error
	// Close flushes and releases what the store owns. Nothing may be called after it.
	Close(ctx context.Context) error
}

// PageSize returns the limit of a query within its bounds.
func (q Query) PageSize() int {
	if q.Limit < 1 || q.Limit > MaxPage {
		return MaxPage
	}
	return q.Limit
}
