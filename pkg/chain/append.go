package chain

import (
	"context"
	"fmt"

	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/errs"
)

// Step computes the body that follows head; head is nil for an empty chain. A step is pure and quick: it may run more than
// once, on another goroutine, even after an Append whose context ended has returned. It must not change head. An error
// refuses the whole list of the Append it belongs to.
type Step[B any] func(head *Entry[B]) (B, error)

// Append is one step to take on one chain.
type Append[B any] struct {
	// Key names the chain: printable ASCII from '$' to '~', at most MaxKey bytes.
	Key string
	// Command identifies the step. In one chain it is executed once.
	Command command.Command
	// Step computes the new state.
	Step Step[B]
}

// Result is the outcome of one step.
type Result[B any] struct {
	// Entry is the one that the command caused, now or earlier.
	Entry Entry[B]
	// Replayed says that the command had been executed before, or by somebody else meanwhile. After a lost reply it is
	// recognised by the entry's hash: only if two processes execute one command in one millisecond on one head, both may find
	// that they were first.
	Replayed bool
}

// MaxKey is the greatest length of a key.
const MaxKey = 512

// Append executes a list of steps in order, durably, with one result for each. A later step of the list sees what an
// earlier one did.
//
// Each step is executed once, however often its command is sent: the first entry comes back as replayed. A command id that
// returns with another hash is refused with command.ErrReused, and a list whose earlier steps were executed before (the
// process died between them) executes what is missing.
//
// A step's error refuses the list and is returned as it is; it is confirmed against the stored heads, so it never comes
// from a stale cache. Nothing of a refused list is written, except for steps written before, and for earlier steps of the
// list when another process moved the refusing chain in the very moment between; the results then hold those.
//
// An error with errs.ReasonOutcomeUnknown answers neither yes nor no: send the same list again. It is returned too when ctx
// ends while the list is on its way.
func (l *Log[B]) Append(ctx context.Context, list ...Append[B]) ([]Result[B], error) {
	if err := l.validate(list); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("append to %s: the request ended before it was sent: %w", list[0].Key, err)
	}
	req := newRequest(list)
	if l.resolveRecent(req) {
		return req.outcome()
	}
	if err := l.prefetch(ctx, req); err != nil {
		return nil, err
	}
	for !req.settled() {
		if err := l.submit(ctx, req); err != nil {
			return nil, err
		}
		if req.refusal == nil {
			break
		}
		confirmed, err := l.confirm(ctx, req)
		if err != nil {
			return nil, err
		}
		if confirmed {
			break
		}
		req = req.again()
	}
	return req.outcome()
}

func (l *Log[B]) validate(list []Append[B]) error {
	if len(list) == 0 {
		return errs.New(errs.InvalidArgument, "CHAIN_LIST_EMPTY", "the list of appends is empty: give at least one step")
	}
	if len(list) > l.opts.MaxBatch {
		return errs.New(errs.InvalidArgument, "CHAIN_LIST_TOO_LONG", "the list has %d steps: at most %d fit", len(list), l.opts.MaxBatch)
	}
	for i := range list {
		if err := validKey(list[i].Key); err != nil {
			return err
		}
		if id := list[i].Command.ID; id == "" || len(id) > MaxKey {
			return errs.New(errs.InvalidArgument, "CHAIN_COMMAND_INVALID",
				"a command id has 1 to %d bytes, this one on chain %s has %d", MaxKey, list[i].Key, len(id))
		}
		if list[i].Step == nil {
			return fmt.Errorf("append to %s: the step is nil", list[i].Key)
		}
	}
	return nil
}

// validKey admits bytes above '#' only, so that the order of keys is the order of the stored positions.
func validKey(key string) error {
	if key == "" || len(key) > MaxKey {
		return errs.New(errs.InvalidArgument, "CHAIN_KEY_INVALID", "a chain key has 1 to %d bytes, this one has %d", MaxKey, len(key))
	}
	for i := range len(key) {
		if key[i] <= '#' || key[i] > '~' {
			return errs.New(errs.InvalidArgument, "CHAIN_KEY_INVALID", "chain key %q: byte %d is not between '$' and '~' in ASCII", key, i)
		}
	}
	return nil
}
