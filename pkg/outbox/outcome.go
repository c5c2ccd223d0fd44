package outbox

import (
	"encoding/json"
	"math/rand/v2"
	"time"
	"unicode/utf8"

	"github.com/refersuite/refersuite/pkg/errs"
)

// maxErrorLength bounds the error text that a message keeps.
const maxErrorLength = 256

// Outcome is what one delivery of a message came to.
type Outcome struct {
	// State is StateDone, StateRefused, or StatePending to try again.
	State State
	// Error says why, when it is not done.
	Error string
	// Result is what to keep of the receiver's answer.
	Result json.RawMessage
	// RetryAfter is a wait that the receiver asked for; the backoff may be longer.
	RetryAfter time.Duration
}

func (o Outcome) final() bool { return o.State == StateDone || o.State == StateRefused }

// Succeeded is the outcome of a command that was executed, now or before.
func Succeeded(result json.RawMessage) Outcome { return Outcome{State: StateDone, Result: result} }

// Failed is the outcome of an error. What the receiver refuses for good (invalid, not found, in conflict with what exists
// or with its state) is refused; everything else is tried again: also a caller that is not known or not allowed, since
// that is a matter of set-up, which an operator mends.
func Failed(err error) Outcome {
	o := Outcome{State: StatePending, Error: clip(err.Error())}
	switch errs.CodeOf(err) {
	case errs.InvalidArgument, errs.NotFound, errs.AlreadyExists, errs.FailedPrecondition:
		o.State = StateRefused
	default:
	}
	return o
}

// clip bounds a text without cutting a character.
func clip(text string) string {
	if len(text) <= maxErrorLength {
		return text
	}
	end := maxErrorLength
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// Backoff says how long to wait after a failed attempt, and how many there are. Its zero value is good: 100 ms doubling
// up to 5 minutes, half of it random, 25 attempts, which is more than an hour.
type Backoff struct {
	// Base is the wait after the first attempt.
	Base time.Duration
	// Max bounds the wait.
	Max time.Duration
	// MaxAttempts is the number of attempts after which a message is parked.
	MaxAttempts int
	// Jitter returns a number in [0, 1); nil means a random one.
	Jitter func() float64
}

// MaxDelay is the longest wait any policy may ask for; longer ones are cut.
const MaxDelay = 10 * time.Minute

// Delay returns the wait after the given number of attempts, the first being 1.
func (p Backoff) Delay(attempts int) time.Duration {
	base, limit := p.Base, p.Max
	if base <= 0 {
		base = 100 * time.Millisecond
	}
	if limit <= 0 {
		limit = 5 * time.Minute
	}
	limit = min(limit, MaxDelay)
	delay := limit
	if shift := max(attempts, 1) - 1; shift < 32 && base <= limit>>shift {
		delay = base << shift
	}
	jitter := p.Jitter
	if jitter == nil {
		jitter = rand.Float64
	}
	return delay/2 + time.Duration(jitter()*float64(delay/2))
}

func (p Backoff) maxAttempts() int {
	if p.MaxAttempts <= 0 {
		return 25
	}
	return p.MaxAttempts
}
