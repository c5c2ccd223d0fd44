package chain

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/refersuite/refersuite/pkg/errs"
)

// errNoProgress says that what stopped an insert is not visible yet, or not known.
var errNoProgress = errors.New("chain: what stopped the insert cannot be seen yet")

// overtaken learns what another writer did, after an insert stopped at entries[i]. The first time it reads what concerns
// that entry; when a batch is stopped again, it reads for all that is left, so that a batch takes few rounds however many of
// its heads are stale.
func (b *batch[B]) overtaken(ctx context.Context, i int, commandTaken bool) error {
	e := b.entries[i]
	if b.conflicts > 1 {
		if err := b.readBack(ctx); err != nil {
			return err
		}
		if commandTaken {
			if err := b.findCommands(ctx); err != nil {
				return err
			}
		}
	}
	if b.stored[ref{e.Key, e.Command.ID}] != nil {
		return nil
	}
	if !commandTaken && b.conflicts == 1 {
		head, err := b.log.store.Head(ctx, e.Key)
		if err != nil {
			return err
		}
		if head != nil {
			b.base[e.Key] = head
		}
	}
	if !commandTaken && b.base[e.Key].Seq >= e.Seq {
		return nil
	}
	found, err := b.log.readCommand(ctx, e.Key, e.Command.ID)
	if err != nil {
		return err
	}
	if found == nil {
		return errNoProgress
	}
	b.stored[ref{e.Key, e.Command.ID}] = found
	return nil
}

// doubt notes that any entry of the round may have been written, and drops the cached heads of its chains.
func (b *batch[B]) doubt() {
	for i, e := range b.entries {
		s := &b.owners[i].req.steps[b.owners[i].step]
		s.tried = append(s.tried, e.Hash)
		b.log.heads.drop(e.Key)
	}
}

// readBack reads what the unsettled chains gained since the heads known: new heads, and the commands that led there.
func (b *batch[B]) readBack(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, b.log.opts.Reply)
	defer cancel()
	var heads []*Entry[B]
	seen := map[string]bool{}
	for s := range b.unsettled() {
		if head := b.base[s.Key]; head != nil && !seen[s.Key] {
			seen[s.Key] = true
			heads = append(heads, head)
		}
	}
	gained := make([][]*Entry[B], len(heads))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, head := range heads {
		group.Go(func() (err error) {
			gained[i], err = b.log.store.Range(ctx, head.Key, Page{After: head.Seq, Limit: MaxLimit})
			if err == nil && len(gained[i]) == MaxLimit {
				var last *Entry[B]
				if last, err = b.log.store.Head(ctx, head.Key); last != nil {
					gained[i] = append(gained[i], last)
				}
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, entries := range gained {
		for _, e := range entries {
			b.base[e.Key] = e
			b.stored[ref{e.Key, e.Command.ID}] = e
			b.log.recent.put(e)
		}
	}
	return nil
}

// findCommands looks up the commands of all unsettled steps.
func (b *batch[B]) findCommands(ctx context.Context) error {
	var steps []*step[B]
	for s := range b.unsettled() {
		if b.stored[ref{s.Key, s.Command.ID}] == nil {
			steps = append(steps, s)
		}
	}
	found := make([]*Entry[B], len(steps))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, s := range steps {
		group.Go(func() (err error) {
			found[i], err = b.log.readCommand(ctx, s.Key, s.Command.ID)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, e := range found {
		if e != nil {
			b.stored[ref{e.Key, e.Command.ID}] = e
		}
	}
	return nil
}

// unsettled yields the steps that still need an entry.
func (b *batch[B]) unsettled() func(func(*step[B]) bool) {
	return func(yield func(*step[B]) bool) {
		for _, req := range b.requests {
			if req.refusal != nil || req.err != nil {
				continue
			}
			for i := range req.steps {
				if req.steps[i].entry == nil && !yield(&req.steps[i]) {
					return
				}
			}
		}
	}
}

// giveUp ends what is not settled with an unknown outcome, and forgets the heads it was planned on.
func (b *batch[B]) giveUp(cause error) {
	for s := range b.unsettled() {
		b.log.heads.drop(s.Key)
		delete(b.base, s.Key)
	}
	for _, req := range b.requests {
		if req.refusal == nil && !req.settled() {
			req.err = errs.OutcomeUnknown(cause)
		}
	}
}
