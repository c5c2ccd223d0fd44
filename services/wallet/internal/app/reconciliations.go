package app

import (
	"context"
	"time"
)

// Reconciliations keeps the results of reconciliations, and whose turn it is to make the scheduled one. All methods are safe
// for concurrent use by any number of processes.
type Reconciliations interface {
	// Save keeps a result, durably. Saving the same id again changes nothing.
	Save(ctx context.Context, r Reconciliation) error
	// Last returns the result that was finished last; false when there is none.
	Last(ctx context.Context) (Reconciliation, bool, error)
	// Take reserves the run that was due at a moment for an owner until another one, unless it was done, or another owner has
	// it now. The first call ever finds it done: what is due next is the first run.
	Take(ctx context.Context, owner string, due, now, until time.Time) (Turn, error)
	// Renew extends the reservation of an owner; false when the owner has none any more.
	Renew(ctx context.Context, owner string, now, until time.Time) (bool, error)
	// Done ends the reservation of an owner with the run that was due; without a reservation it changes nothing.
	Done(ctx context.Context, owner string, due time.Time) error
	// Release ends the reservation of an owner without a run; without a reservation it changes nothing.
	Release(ctx context.Context, owner string) error
}

// Turn is whose turn it is.
type Turn struct {
	// Mine says that the caller shall make the run now.
	Mine bool
	// DoneUntil is the moment of the last run that was done.
	DoneUntil time.Time
	// Until is when the reservation ends, of whoever has it.
	Until time.Time
}
