package chain

import (
	"crypto/sha256"
	"slices"
	"sync/atomic"

	"github.com/refersuite/refersuite/pkg/command"
)

// The states of a request: its caller may abandon it until the committer takes it.
const (
	queued int32 = iota
	taking
	abandoned
)

// request is one list on its way. Its caller fills it, the committer owns it from take until done is closed, then the
// caller again.
type request[B any] struct {
	steps   []step[B]
	refusal error // found by the committer on heads that may be stale: to be confirmed
	err     error // final
	state   atomic.Int32
	done    chan struct{}
}

// step is one append of a list and what is known about it.
type step[B any] struct {
	Append[B]
	head     *Entry[B]           // of the chain when it was prefetched, nil if it was not
	entry    *Entry[B]           // stored under the command, nil until known
	replayed bool                // the entry is older than this call
	tried    [][sha256.Size]byte // hashes of entries that may have been written without an answer
}

func newRequest[B any](list []Append[B]) *request[B] {
	req := &request[B]{steps: make([]step[B], len(list)), done: make(chan struct{})}
	for i := range list {
		req.steps[i].Append = list[i]
	}
	return req
}

// again prepares a request whose refusal was not confirmed for another turn.
func (r *request[B]) again() *request[B] {
	next := &request[B]{steps: r.steps, done: make(chan struct{})}
	return next
}

// settled reports whether the outcome is known.
func (r *request[B]) settled() bool {
	if r.err != nil {
		return true
	}
	for i := range r.steps {
		if r.steps[i].entry == nil {
			return false
		}
	}
	return true
}

// found records the stored entry of a step's command. Another hash under the same id ends the request.
func (r *request[B]) found(s *step[B], e *Entry[B]) {
	if e.Command.Hash != s.Command.Hash {
		r.err = command.ErrReused(s.Command.ID)
		return
	}
	s.entry = e
	s.replayed = !slices.Contains(s.tried, e.Hash)
}

// outcome returns the results of the steps that are stored, which are all of them when there is no error.
func (r *request[B]) outcome() ([]Result[B], error) {
	results := make([]Result[B], 0, len(r.steps))
	for i := range r.steps {
		if e := r.steps[i].entry; e != nil {
			results = append(results, Result[B]{Entry: *e, Replayed: r.steps[i].replayed})
		}
	}
	return results, r.err
}
