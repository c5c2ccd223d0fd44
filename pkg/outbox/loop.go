package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/refersuite/refersuite/pkg/clock"
)

// saveAttempts bounds how often one delivery loads the aggregate again to save its outcomes.
const saveAttempts = 8

// Loop is the usual Deliverer: it loads an aggregate of type A (a pointer), sends what is due one message after the other,
// and saves everything once. Messages that Apply adds on the way are sent in the same run.
type Loop[A any] struct {
	// Load returns the caller's own copy of an aggregate. It may come from a cache unless fresh is set.
	Load func(ctx context.Context, id string, fresh bool) (A, error)
	// Save stores the aggregate by compare-and-set on its version: ErrConflict when somebody else was faster. Any other
	// error counts as an unknown outcome and is found out by loading again.
	Save func(ctx context.Context, aggregate A) error
	// Box returns the aggregate's box.
	Box func(aggregate A) *Box
	// Send sends one message. It must not change the aggregate. A panic is an attempt that failed.
	Send func(ctx context.Context, aggregate A, m Message) Outcome
	// Apply changes the aggregate by what became of a message, which is given as it was settled; it may add messages. It
	// runs again on a freshly loaded aggregate after a conflict, at most once per message and stored state. May be nil.
	Apply func(aggregate A, m Message, now time.Time)

	// Clock is required.
	Clock clock.Clock
	// Backoff is the policy of retries.
	Backoff Backoff
	// SendTimeout bounds the sending of one message. Zero means 5 seconds.
	SendTimeout time.Duration
	// MaxMessages bounds the messages of one run; what is left becomes due at once. Zero means 64.
	MaxMessages int
	// Metrics counts what happens; nil counts nothing.
	Metrics *Metrics
	// Logger gets panics and parked messages; nil logs nothing.
	Logger *slog.Logger
	// Tracer makes the span of each delivery; nil makes none.
	Tracer trace.TracerProvider
}

// outcomeOf is an outcome and when it was seen, kept to be applied again.
type outcomeOf struct {
	id      string
	outcome Outcome
	at      time.Time
}

// Deliver implements Deliverer.
func (l *Loop[A]) Deliver(ctx context.Context, lease Lease) error {
	aggregate, held, err := l.load(ctx, lease)
	if err != nil || !held {
		return err
	}
	// A quarter of the lease is left for saving.
	start := l.Clock.Now()
	end := start.Add(lease.DueAt.Sub(start) * 3 / 4)
	var seen []outcomeOf
	for range l.maxMessages() {
		now := l.Clock.Now()
		m, ok := l.Box(aggregate).Next(now)
		if !ok || ctx.Err() != nil || !now.Before(end) {
			break
		}
		outcome, interrupted := l.send(ctx, aggregate, m, min(l.sendTimeout(), end.Sub(now)))
		if interrupted {
			break
		}
		o := outcomeOf{id: m.ID, outcome: outcome, at: l.Clock.Now()}
		seen = append(seen, o)
		l.count(ctx, m, l.settle(aggregate, o))
	}
	return l.save(ctx, lease, aggregate, seen)
}

// load returns the aggregate if its box is still held under the lease. A cached copy that says otherwise is not believed.
func (l *Loop[A]) load(ctx context.Context, lease Lease) (A, bool, error) {
	var aggregate A
	for _, fresh := range []bool{false, true} {
		var err error
		if aggregate, err = l.Load(ctx, lease.AggregateID, fresh); err != nil {
			return aggregate, false, fmt.Errorf("load %s to deliver its commands: %w", lease.AggregateID, err)
		}
		if l.Box(aggregate).Lease == lease.Token {
			return aggregate, true, nil
		}
	}
	return aggregate, false, nil
}

// send delivers one message under its own span. It reports interrupted when the run itself was cut off, which is not the
// message's fault and no attempt.
func (l *Loop[A]) send(ctx context.Context, aggregate A, m Message, timeout time.Duration) (outcome Outcome, interrupted bool) {
	sendCtx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	sendCtx, span := StartDelivery(sendCtx, l.Tracer, m)
	defer span.End()
	defer func() {
		if p := recover(); p != nil {
			l.logger().ErrorContext(sendCtx, "sending a command panicked", slog.String("kind", m.Kind), slog.String("message_id", m.ID), slog.Any("panic", p))
			outcome, interrupted = Outcome{State: StatePending, Error: "sending it panicked; see the log"}, false
		}
		if outcome.State != StateDone {
			span.SetStatus(codes.Error, string(outcome.State))
		}
	}()
	outcome = l.Send(sendCtx, aggregate, m)
	return outcome, !outcome.final() && errors.Is(ctx.Err(), context.Canceled)
}

// settle records an outcome and returns the state of the message after it.
func (l *Loop[A]) settle(aggregate A, o outcomeOf) State {
	box := l.Box(aggregate)
	before, ok := box.Get(o.id)
	if !ok {
		return ""
	}
	state := box.Settle(o.id, o.outcome, o.at, l.Backoff)
	after, _ := box.Get(o.id)
	if changed := before.State != after.State || before.Attempts != after.Attempts; changed && l.Apply != nil {
		l.Apply(aggregate, after, o.at)
	}
	return state
}

// save stores the outcomes, and releases the box if the lease still holds. After a conflict or an unknown outcome it
// loads again and applies what is missing there.
func (l *Loop[A]) save(ctx context.Context, lease Lease, aggregate A, seen []outcomeOf) error {
	var err error
	for range saveAttempts {
		if box := l.Box(aggregate); box.Lease == lease.Token {
			box.Release(l.Clock.Now())
		}
		if err = l.Save(ctx, aggregate); err == nil {
			return nil
		}
		if ctx.Err() != nil {
			break
		}
		var loadErr error
		if aggregate, loadErr = l.Load(ctx, lease.AggregateID, true); loadErr != nil {
			err = errors.Join(err, loadErr)
			break
		}
		if l.stored(aggregate, lease, seen) {
			return nil
		}
	}
	return fmt.Errorf("save the outcomes of %d commands of %s, they will be sent again: %w", len(seen), lease.AggregateID, err)
}

// stored applies the outcomes to a freshly loaded aggregate and reports whether that changed nothing, which means that
// they are stored already.
func (l *Loop[A]) stored(aggregate A, lease Lease, seen []outcomeOf) bool {
	box := l.Box(aggregate)
	missing := box.Lease == lease.Token
	for _, o := range seen {
		if m, ok := box.Get(o.id); !ok || !o.recordedIn(m) {
			missing = missing || ok
			l.settle(aggregate, o)
		}
	}
	return !missing
}

// recordedIn reports whether a message already carries an outcome: it is settled for good, or a retry of the same instant
// or later is recorded in it.
func (o outcomeOf) recordedIn(m Message) bool {
	if m.State == StateDone || m.State == StateRefused {
		return true
	}
	if o.outcome.final() {
		return false
	}
	return m.State == StateParked || m.RetryAt.After(o.at)
}

// count reports what became of a message.
func (l *Loop[A]) count(ctx context.Context, m Message, state State) {
	l.Metrics.settled(ctx, m.Kind, state)
	if state == StateParked {
		l.logger().ErrorContext(ctx, "a command is parked after too many attempts: redrive it once the cause is mended",
			slog.String("kind", m.Kind), slog.String("message_id", m.ID))
	}
}

func (l *Loop[A]) logger() *slog.Logger {
	if l.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l.Logger
}

func (l *Loop[A]) sendTimeout() time.Duration {
	if l.SendTimeout <= 0 {
		return 5 * time.Second
	}
	return l.SendTimeout
}

func (l *Loop[A]) maxMessages() int {
	if l.MaxMessages <= 0 {
		return 64
	}
	return l.MaxMessages
}
