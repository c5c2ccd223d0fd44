package outbox

import (
	"log/slog"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/idgen"
)

// RelayOptions tune a Relay. Zero values are good.
type RelayOptions struct {
	// Workers is how many aggregates are delivered at the same time; 16 by default.
	Workers int
	// Queue bounds the leased aggregates that wait for a worker; 1,024 by default.
	Queue int
	// Batch is how many boxes one look at the source takes at most; 64 by default.
	Batch int
	// Poll is how often the source is asked for due boxes; one second by default.
	Poll time.Duration
	// LeaseTTL is how long a lease holds, and bounds one delivery run; 30 seconds by default.
	LeaseTTL time.Duration
	// BacklogEvery is how often the backlog is counted for the metrics; 15 seconds by default, negative for never.
	BacklogEvery time.Duration
	// Clock is the system's by default.
	Clock clock.Clock
	// IDs makes lease tokens; UUIDs by default.
	IDs idgen.Source
	// Metrics shows queue and backlog; nil shows nothing.
	Metrics *Metrics
	// Logger gets failures; nil logs nothing.
	Logger *slog.Logger
}

func (o RelayOptions) withDefaults() RelayOptions {
	o.Workers = positive(o.Workers, 16)
	o.Queue = positive(o.Queue, 1024)
	o.Batch = positive(o.Batch, 64)
	o.Poll = positive(o.Poll, time.Second)
	o.LeaseTTL = positive(o.LeaseTTL, 30*time.Second)
	if o.BacklogEvery == 0 {
		o.BacklogEvery = 15 * time.Second
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.IDs == nil {
		o.IDs = idgen.UUIDv7()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func positive[N int | time.Duration](n, fallback N) N {
	if n <= 0 {
		return fallback
	}
	return n
}
