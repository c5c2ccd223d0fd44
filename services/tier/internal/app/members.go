package app

import (
	"context"
	"errors"
	"sync"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// The reasons of refusals.
const (
	ReasonCommandInvalid     = "COMMAND_INVALID"
	ReasonCompletionNotFound = "COMPLETION_NOT_FOUND"
	ReasonCountOverflow      = "COUNT_OVERFLOW"
	ReasonLadderDiffers      = "LADDER_DIFFERS"
	ReasonLadderInvalid      = "LADDER_INVALID"
	ReasonLadderNotFound     = "LADDER_NOT_FOUND"
	ReasonLadderUnknown      = "LADDER_UNKNOWN"
)

// Members executes the use cases of the tier service. It is safe for concurrent use, by any number of processes on one
// store.
type Members struct {
	log     Log
	ladders Ladders
	clock   clock.Clock
	known   ladderCache
}

// NewMembers returns the use cases on a log and the ladders.
func NewMembers(log Log, ladders Ladders, clk clock.Clock) *Members {
	return &Members{log: log, ladders: ladders, clock: clk}
}

// ladderCacheSize bounds how many ladders a process remembers.
const ladderCacheSize = 1000

type ladderKey struct {
	program string
	version int64
}

// ladderCache remembers ladders by version. They never change, so what is remembered never becomes wrong. The zero value
// remembers nothing.
type ladderCache struct {
	mu    sync.RWMutex
	known map[ladderKey]domain.Ladder
}

func (c *ladderCache) get(program string, version int64) (domain.Ladder, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	l, ok := c.known[ladderKey{program, version}]
	return l, ok
}

func (c *ladderCache) put(l domain.Ladder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= ladderCacheSize {
		c.known = map[ladderKey]domain.Ladder{}
	}
	c.known[ladderKey{l.ProgramID, l.Version}] = l
}

// ladder returns the ladder of a version, false when it is not known.
func (m *Members) ladder(ctx context.Context, program string, version int64) (domain.Ladder, bool, error) {
	if l, ok := m.known.get(program, version); ok {
		return l, true, nil
	}
	l, ok, err := m.ladders.Get(ctx, program, version)
	if err != nil || !ok {
		return domain.Ladder{}, false, err
	}
	m.known.put(l)
	return l, true, nil
}

// latest returns the ladder in force.
func (m *Members) latest(ctx context.Context, program string) (domain.Ladder, error) {
	l, ok, err := m.ladders.Latest(ctx, program)
	if err != nil {
		return domain.Ladder{}, err
	}
	if !ok {
		return domain.Ladder{}, errs.New(errs.NotFound, ReasonLadderNotFound,
			"programme %s has no ladder: publish a version of the programme first", program)
	}
	return l, nil
}

// member returns the state of a person after the head of their chain.
func member(head *chain.Entry[domain.Line]) domain.Member {
	if head == nil || head.Body.Step == nil {
		return domain.Member{}
	}
	return head.Body.Step.After
}

// Recorded is the outcome of a command.
type Recorded struct {
	domain.Outcome
	// Replayed says that the command had been executed before.
	Replayed bool
}

func recorded(r chain.Result[domain.Line]) (Recorded, error) {
	if r.Entry.Body.Step == nil {
		return Recorded{}, errs.New(errs.Internal, "PROGRESS_CORRUPT", "entry %d of %s carries no step", r.Entry.Seq, r.Entry.Key)
	}
	return Recorded{Outcome: r.Entry.Body.Step.Outcome, Replayed: r.Replayed}, nil
}

// explain gives an error of the domain its code and reason; others pass.
func explain(err error) error {
	var ladder *domain.LadderError
	switch {
	case errors.As(err, &ladder):
		return errs.Invalid(ReasonLadderInvalid, ladder.Field, "%s %s", ladder.Field, ladder.Problem)
	case errors.Is(err, domain.ErrCountOverflow):
		return errs.New(errs.InvalidArgument, ReasonCountOverflow, "nothing was counted: %w", err)
	default:
		return err
	}
}

// checkID refuses a command whose id does not say what its fields say.
func checkID(got, want string) error {
	if got == want {
		return nil
	}
	return errs.Invalid(ReasonCommandInvalid, "command_id", "command_id must be %s", want)
}
