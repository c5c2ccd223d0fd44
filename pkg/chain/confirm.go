package chain

import (
	"context"

	"github.com/refersuite/refersuite/pkg/command"
)

// confirm looks at a refusal again, on the stored heads instead of cached ones, and on whether the commands were executed
// before (a replay is never refused for what it caused itself). It reports false when the list is to be sent again. It runs
// in the caller's goroutine.
func (l *Log[B]) confirm(ctx context.Context, req *request[B]) (bool, error) {
	heads := make(map[string]*Entry[B], len(req.steps))
	// Heads first: a command that is not found afterwards was not executed at the time of the head either.
	for i := range req.steps {
		s := &req.steps[i]
		if s.entry != nil || heads[s.Key] != nil {
			continue
		}
		head, err := l.readHead(ctx, s.Key)
		if err != nil {
			return false, unreadable(s.Key, err)
		}
		heads[s.Key] = head
	}
	for i := range req.steps {
		s := &req.steps[i]
		if s.entry != nil {
			continue
		}
		e, err := l.readCommand(ctx, s.Key, s.Command.ID)
		if err != nil {
			return false, unreadable(s.Key, err)
		}
		if e != nil {
			req.found(s, e)
		}
	}
	if req.settled() {
		return true, nil
	}
	return req.refusedOn(heads), nil
}

// refusedOn runs the missing steps on the given heads, and ends the request if one of them refuses.
func (r *request[B]) refusedOn(heads map[string]*Entry[B]) bool {
	for i := range r.steps {
		s := &r.steps[i]
		s.head = heads[s.Key]
	}
	for i := range r.steps {
		s := &r.steps[i]
		if s.entry != nil {
			continue
		}
		if first := r.firstUse(i); first < i {
			if r.steps[first].Command.Hash != s.Command.Hash {
				r.err = command.ErrReused(s.Command.ID)
				return true
			}
			continue
		}
		head := heads[s.Key]
		body, err := s.Step(visible(head))
		if err != nil {
			r.err = err
			return true
		}
		heads[s.Key] = &Entry[B]{Key: s.Key, Seq: head.Seq + 1, Command: s.Command, At: head.At, Body: body}
	}
	return false
}

// firstUse returns the first step of the list with the key and command id of step i.
func (r *request[B]) firstUse(i int) int {
	for j := range r.steps[:i] {
		if r.steps[j].Key == r.steps[i].Key && r.steps[j].Command.ID == r.steps[i].Command.ID {
			return j
		}
	}
	return i
}

// visible is a head as steps see it: nil for an empty chain.
func visible[B any](head *Entry[B]) *Entry[B] {
	if head.Seq == 0 {
		return nil
	}
	return head
}
