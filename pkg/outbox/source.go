package outbox

import (
	"context"
	"errors"
	"time"
)

// ErrConflict is what a compare-and-set save of an aggregate returns when somebody else saved first.
var ErrConflict = errors.New("the aggregate was changed by somebody else: load it again and repeat the change")

// Lease is the right to deliver the messages of one aggregate until its end.
type Lease struct {
	// AggregateID is the aggregate's _id.
	AggregateID string
	// Token is what the box carries while the lease holds.
	Token string
	// DueAt is the end of the lease.
	DueAt time.Time
}

// Backlog is what waits to be delivered.
type Backlog struct {
	// Pending counts messages whose time has come, also those in flight, in backoff or behind another. A message
	// behind a parked one is counted when its box is open or parked.
	Pending int
	// Scheduled counts aggregates that only wait for a time to come, up to ScheduledCap.
	Scheduled int
	// Parked counts parked messages.
	Parked int
	// Oldest is since when the longest waiting pending message waits; zero when none does.
	Oldest time.Time
}

// ScheduledCap bounds the count of scheduled aggregates, so that counting them never costs more.
const ScheduledCap = 10_000

// Parked is a parked message, for an operator.
type Parked struct {
	// AggregateID is the aggregate that holds it.
	AggregateID string
	// Message is the message; DoneAt is when it was parked.
	Message Message
}

// Source finds the aggregates of one collection that have something to deliver. Any number of replicas may use it.
type Source interface {
	// Lease takes up to limit boxes that are due, the longest waiting first, each exclusively until now+ttl. A box whose
	// lease has run out is due. It may return fewer than are due; an empty answer means to come back later.
	Lease(ctx context.Context, now time.Time, ttl time.Duration, token string, limit int) ([]Lease, error)
	// Backlog counts what waits. Its cost follows what is due, not the number of aggregates.
	Backlog(ctx context.Context, now time.Time) (Backlog, error)
	// Parked returns parked messages, up to limit, those of the aggregate that parked first before others.
	Parked(ctx context.Context, limit int) ([]Parked, error)
	// Redrive gives a parked message its attempts again. It reports false when the aggregate has no such message, or it
	// is not parked.
	Redrive(ctx context.Context, aggregateID, messageID string, now time.Time) (bool, error)
}

// Deliverer sends what is due of one aggregate and saves the outcomes. Loop is the usual one. An error only says that the
// lease may run out unreleased; whoever leases the box next does the rest.
type Deliverer interface {
	Deliver(ctx context.Context, lease Lease) error
}

// DelivererFunc is a function that is a Deliverer.
type DelivererFunc func(ctx context.Context, lease Lease) error

// Deliver calls f.
func (f DelivererFunc) Deliver(ctx context.Context, lease Lease) error { return f(ctx, lease) }
