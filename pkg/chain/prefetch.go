package chain

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/refersuite/refersuite/pkg/errs"
)

// readers bounds the concurrent reads for one request or batch.
const readers = 8

// resolveRecent answers what it can from the cache of recent commands, and reports whether that settles the request.
func (l *Log[B]) resolveRecent(req *request[B]) bool {
	for i := range req.steps {
		s := &req.steps[i]
		if e := l.recent.get(s.Key, s.Command.ID); e != nil {
			req.found(s, e)
			if req.err != nil {
				return true
			}
		}
	}
	return req.settled()
}

// prefetch finds the heads of the request's chains before it is queued, so that the committer rarely reads. Of a chain
// that is new to this process it also asks for the command: a process that starts anew meets many replays.
func (l *Log[B]) prefetch(ctx context.Context, req *request[B]) error {
	cold := 0
	for i := range req.steps {
		s := &req.steps[i]
		if s.entry != nil {
			continue
		}
		if s.head = l.heads.get(s.Key); s.head == nil {
			cold++
		}
	}
	if cold == 0 {
		return nil
	}
	var group errgroup.Group
	group.SetLimit(readers)
	for i := range req.steps {
		s := &req.steps[i]
		if s.entry != nil || s.head != nil {
			continue
		}
		if cold == 1 {
			if err := l.warm(ctx, s); err != nil {
				return err
			}
			break
		}
		group.Go(func() error { return l.warm(ctx, s) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range req.steps {
		s := &req.steps[i]
		if e := s.entry; e != nil {
			req.found(s, e)
		}
	}
	return nil
}

// warm reads the head of a step's chain, and the entry of its command if the chain may hold it.
func (l *Log[B]) warm(ctx context.Context, s *step[B]) error {
	head, err := l.reader.head(ctx, s.Key)
	if err != nil {
		return unreadable(s.Key, err)
	}
	s.head = head
	switch {
	case head.Seq == 0:
	case head.Command.ID == s.Command.ID:
		s.entry = head
	default:
		if s.entry, err = l.readCommand(ctx, s.Key, s.Command.ID); err != nil {
			return unreadable(s.Key, err)
		}
	}
	return nil
}

// readHead reads a head from the store and caches it. The head of an empty chain has sequence 0.
func (l *Log[B]) readHead(ctx context.Context, key string) (*Entry[B], error) {
	head, err := l.store.Head(ctx, key)
	if err != nil {
		return nil, err
	}
	if head == nil {
		head = &Entry[B]{Key: key}
	}
	l.heads.offer(head)
	return head, nil
}

// readCommand reads the entry of a command from the store and caches it; nil when there is none.
func (l *Log[B]) readCommand(ctx context.Context, key, id string) (*Entry[B], error) {
	e, err := l.store.Find(ctx, key, id)
	if err != nil || e == nil {
		return nil, err
	}
	l.recent.put(e)
	return e, nil
}

// unreadable tells that nothing was sent because a chain could not be read.
func unreadable(key string, err error) error {
	var known *errs.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("read chain %s: %w", key, err)
	}
	return errs.New(errs.Unavailable, "CHAIN_UNREADABLE", "chain %s cannot be read now, nothing was written: try again", key).WithCause(err)
}
