package chain

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/refersuite/refersuite/pkg/command"
)

// batch is the committer's working state, reused from one batch to the next. Only the committer touches it.
type batch[B any] struct {
	log      *Log[B]
	requests []*request[B]
	base     map[string]*Entry[B] // stored heads, as far as known
	stored   map[ref]*Entry[B]    // stored commands that were read back

	// of the present round
	work    map[string]*Entry[B] // heads after the entries planned so far
	planned map[ref]int          // commands of the entries planned so far
	entries []*Entry[B]
	owners  []owner[B]
	aliases []alias[B]

	attempts, conflicts, unknowns, replays, refusals int
}

// owner is the step that a planned entry is for.
type owner[B any] struct {
	req    *request[B]
	step   int
	before *Entry[B] // planned before it in the same chain, nil if none
}

// alias is a step whose command is that of a planned entry.
type alias[B any] struct {
	req   *request[B]
	step  int
	entry int
}

func newBatch[B any](l *Log[B]) *batch[B] {
	return &batch[B]{
		log: l, base: map[string]*Entry[B]{}, stored: map[ref]*Entry[B]{}, work: map[string]*Entry[B]{}, planned: map[ref]int{},
	}
}

func (b *batch[B]) begin(requests []*request[B]) {
	b.requests = requests
	b.attempts, b.conflicts, b.unknowns, b.replays, b.refusals = 0, 0, 0, 0, 0
}

// end caches the heads, answers the callers and forgets the batch.
func (b *batch[B]) end(ctx context.Context) {
	for _, head := range b.base {
		b.log.heads.offer(head)
	}
	m := b.log.metrics
	m.count(ctx, m.conflicts, b.conflicts)
	m.count(ctx, m.unknown, b.unknowns)
	m.count(ctx, m.replays, b.replays)
	m.count(ctx, m.refusals, b.refusals)
	for _, req := range b.requests {
		close(req.done)
	}
	b.reset()
	clear(b.base)
	clear(b.stored)
	b.requests = nil
}

// reset forgets a round.
func (b *batch[B]) reset() {
	clear(b.work)
	clear(b.planned)
	clear(b.entries)
	clear(b.owners)
	clear(b.aliases)
	b.entries, b.owners, b.aliases = b.entries[:0], b.owners[:0], b.aliases[:0]
}

// plan computes the entries of a round, list by list. A list that is refused leaves no trace in the plan.
func (b *batch[B]) plan(ctx context.Context) {
	b.reset()
	now := b.log.opts.Clock.Now().UTC().Truncate(time.Millisecond)
	for _, req := range b.requests {
		if req.refusal != nil || req.settled() {
			continue
		}
		entries, aliases := len(b.entries), len(b.aliases)
		for i := range req.steps {
			if req.refusal = b.planStep(ctx, req, i, now); req.refusal != nil || req.err != nil {
				b.refusals++
				b.undo(entries, aliases)
				break
			}
		}
	}
}

// planStep adds the entry of one step to the plan, unless its command is stored or planned already. It returns a refusal,
// or sets the request's error when that is final.
func (b *batch[B]) planStep(ctx context.Context, req *request[B], i int, now time.Time) error {
	s := &req.steps[i]
	if s.entry != nil {
		return nil
	}
	if e := b.known(s); e != nil {
		b.replays++
		req.found(s, e)
		return nil
	}
	if at, ok := b.planned[ref{s.Key, s.Command.ID}]; ok {
		if b.entries[at].Command.Hash != s.Command.Hash {
			return command.ErrReused(s.Command.ID)
		}
		b.aliases = append(b.aliases, alias[B]{req, i, at})
		return nil
	}
	head, err := b.head(ctx, s)
	if err != nil {
		req.err = unreadable(s.Key, err)
		return nil
	}
	body, err := run(s.Step, visible(head))
	if err != nil {
		return err
	}
	e := &Entry[B]{Key: s.Key, Seq: head.Seq + 1, Command: s.Command, At: now, Body: body, Prev: head.Hash}
	if head.At.After(now) {
		e.At = head.At
	}
	if e.Hash, err = e.Sum(); err != nil {
		req.err = fmt.Errorf("%w: %w", ErrRejected, err)
		return nil
	}
	b.owners = append(b.owners, owner[B]{req, i, b.work[s.Key]})
	b.work[s.Key] = e
	b.planned[ref{s.Key, s.Command.ID}] = len(b.entries)
	b.entries = append(b.entries, e)
	return nil
}

// known returns the stored entry of a step's command if this process has it.
func (b *batch[B]) known(s *step[B]) *Entry[B] {
	if e := b.stored[ref{s.Key, s.Command.ID}]; e != nil {
		return e
	}
	return b.log.recent.get(s.Key, s.Command.ID)
}

// head returns the entry that the next one of the step's chain follows: a planned one, else the stored head.
func (b *batch[B]) head(ctx context.Context, s *step[B]) (*Entry[B], error) {
	if e := b.work[s.Key]; e != nil {
		return e, nil
	}
	if e := b.base[s.Key]; e != nil {
		return e, nil
	}
	e := b.log.heads.get(s.Key)
	if s.head != nil && (e == nil || s.head.Seq > e.Seq) {
		e = s.head
	}
	if e == nil {
		var err error
		if e, err = b.log.readHead(ctx, s.Key); err != nil {
			return nil, err
		}
	}
	b.base[s.Key] = e
	return e, nil
}

// undo takes the entries and aliases from the given lengths on out of the plan.
func (b *batch[B]) undo(entries, aliases int) {
	for i := len(b.entries) - 1; i >= entries; i-- {
		e := b.entries[i]
		delete(b.planned, ref{e.Key, e.Command.ID})
		if before := b.owners[i].before; before != nil {
			b.work[e.Key] = before
		} else {
			delete(b.work, e.Key)
		}
	}
	b.entries, b.owners, b.aliases = b.entries[:entries], b.owners[:entries], b.aliases[:aliases]
}

// run takes a step. A panic in it becomes a refusal: the caller runs the step again to confirm, and meets the panic itself.
func run[B any](step Step[B], head *Entry[B]) (body B, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a step panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return step(head)
}
