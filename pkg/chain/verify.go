package chain

import (
	"context"
	"fmt"
)

// Kind says what is wrong with an entry.
type Kind string

const (
	// HashMismatch means that the entry does not match its own hash, or cannot be read: it was changed after it was made.
	HashMismatch Kind = "HASH_MISMATCH"
	// PreviousMismatch means that the entry does not follow the one before it.
	PreviousMismatch Kind = "PREVIOUS_MISMATCH"
	// Gap means that entries are missing before this sequence, or at the end of the chain from this sequence on.
	Gap Kind = "GAP"
)

// Fault is one broken place in a chain.
type Fault struct {
	Key  string
	Seq  int64
	Kind Kind
}

// String names the place and what is wrong there.
func (f Fault) String() string { return fmt.Sprintf("%s#%d %s", f.Key, f.Seq, f.Kind) }

// MaxFaults is how many faults a Report lists.
const MaxFaults = 1000

// Report is the result of a verification of many chains.
type Report struct {
	// Chains and Entries count what was walked, faulty ones included.
	Chains, Entries int64
	// Faults lists the first MaxFaults faults by key and sequence.
	Faults []Fault
	// FaultCount counts all of them, and FaultCounts by their kind; nil when there are none.
	FaultCount  int64
	FaultCounts map[Kind]int64
}

// Verify walks one chain from its first entry, recomputes every hash and returns the faults, none when the chain is
// whole. The loss of its last entries shows only while this process remembers the head. It calls visit, which may be nil, for every
// readable entry in order; an error of visit ends the walk and is returned as it is.
func (l *Log[B]) Verify(ctx context.Context, key string, visit func(Entry[B]) error) ([]Fault, error) {
	if err := validKey(key); err != nil {
		return nil, err
	}
	report, err := l.verify(ctx, Scope{Key: key}, visit)
	return report.Faults, err
}

// VerifyAll does what Verify does for all chains whose keys have a prefix, in the order of their keys. It streams the store
// and keeps nothing but the last entry; entries appended meanwhile may be seen or not.
func (l *Log[B]) VerifyAll(ctx context.Context, prefix string, visit func(Entry[B]) error) (Report, error) {
	return l.verify(ctx, Scope{Prefix: prefix}, visit)
}

func (l *Log[B]) verify(ctx context.Context, scope Scope, visit func(Entry[B]) error) (Report, error) {
	v := verifier[B]{log: l}
	if scope.Key != "" {
		v.expect(scope.Key)
	}
	ahead := l.readAhead(ctx, scope, Place{})
	defer func() { <-ahead }()
	for {
		next := <-ahead
		if next.err != nil {
			ahead <- next // for the deferred wait
			return v.report, fmt.Errorf("scan after %s#%d: %w", next.after.Key, next.after.Seq, next.err)
		}
		page, last := next.page, len(next.page) < MaxLimit
		if last {
			ahead <- next
		} else {
			ahead = l.readAhead(ctx, scope, page[len(page)-1].Place)
		}
		whole := wholeEntries(page)
		for i := range page {
			v.check(ctx, &page[i], whole[i])
			if visit != nil && page[i].Entry != nil {
				if err := visit(*page[i].Entry); err != nil {
					return v.report, err
				}
			}
		}
		if last {
			v.endChain(ctx)
		}
		if last || v.err != nil {
			return v.report, v.err
		}
	}
}

// verifier follows the chains entry by entry.
type verifier[B any] struct {
	log        *Log[B]
	report     Report
	key        string
	last       int64    // sequence of the last entry seen of the chain
	prev       [32]byte // its hash, as stored
	unreadable bool     // it could not be read, so its hash is not known
	remembered int64    // sequence of the head this process knew when the chain's walk began
	err        error
}

// expect begins a chain.
func (v *verifier[B]) expect(key string) {
	v.key, v.last, v.prev, v.unreadable, v.remembered = key, 0, [32]byte{}, false, 0
	if head := v.log.heads.get(key); head != nil {
		v.remembered = head.Seq
	}
}

// check takes the next entry. Whole tells that it matches its own hash.
func (v *verifier[B]) check(ctx context.Context, s *Scanned[B], whole bool) {
	if s.Key != v.key {
		v.endChain(ctx)
		v.expect(s.Key)
	}
	if v.last == 0 {
		v.report.Chains++
	}
	v.report.Entries++
	gap := s.Seq > v.last+1
	if gap {
		v.fault(v.last+1, Gap)
	}
	v.last = s.Seq
	if s.Entry == nil {
		v.fault(s.Seq, HashMismatch)
		v.unreadable = true
		return
	}
	if !whole {
		v.fault(s.Seq, HashMismatch)
	}
	if !gap && !v.unreadable && s.Entry.Prev != v.prev {
		v.fault(s.Seq, PreviousMismatch)
	}
	v.prev, v.unreadable = s.Entry.Hash, false
}

// endChain compares the end of a chain with the head this process remembers.
func (v *verifier[B]) endChain(ctx context.Context) {
	if v.key == "" || v.remembered <= v.last || v.err != nil {
		return
	}
	// The walk may have read the chain's end before that head was written.
	later, err := v.log.store.Scan(ctx, Scope{Key: v.key}, Place{v.key, v.last}, 1)
	if err != nil {
		v.err = fmt.Errorf("scan after %s#%d: %w", v.key, v.last, err)
	} else if len(later) == 0 {
		v.fault(v.last+1, Gap)
	}
}

func (v *verifier[B]) fault(seq int64, kind Kind) {
	v.report.FaultCount++
	if v.report.FaultCounts == nil {
		v.report.FaultCounts = map[Kind]int64{}
	}
	v.report.FaultCounts[kind]++
	if len(v.report.Faults) < MaxFaults {
		v.report.Faults = append(v.report.Faults, Fault{v.key, seq, kind})
	}
}
