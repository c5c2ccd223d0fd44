package memchain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/refersuite/refersuite/pkg/chain"
)

// Scan implements chain.Store.
func (s *Store[B]) Scan(ctx context.Context, scope chain.Scope, after chain.Place, limit int) ([]chain.Scanned[B], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []chain.Scanned[B]
	if scope.Key != "" {
		if after.Key != scope.Key {
			after.Seq = 0
		}
		return s.scanChain(found, scope.Key, after.Seq, limit), ctx.Err()
	}
	s.order()
	if strings.HasPrefix(after.Key, scope.Prefix) {
		found = s.scanChain(found, after.Key, after.Seq, limit)
	}
	for _, key := range s.keys[s.place(scope.Prefix, after.Key):] {
		if len(found) >= limit || !strings.HasPrefix(key, scope.Prefix) {
			break
		}
		found = s.scanChain(found, key, 0, limit)
	}
	return found, ctx.Err()
}

func (s *Store[B]) scanChain(found []chain.Scanned[B], key string, after int64, limit int) []chain.Scanned[B] {
	c := s.chains[key]
	if c == nil {
		return found
	}
	for i := after; i < int64(len(c.list)) && len(found) < limit; i++ {
		at, e := chain.Place{Key: key, Seq: i + 1}, c.list[i]
		switch {
		case e == nil: // removed
		case e.Key != at.Key || e.Seq != at.Seq:
			found = append(found, chain.Scanned[B]{Place: at, Err: fmt.Errorf("%s#%d holds %s#%d", at.Key, at.Seq, e.Key, e.Seq)})
		default:
			found = append(found, chain.Scanned[B]{Place: at, Entry: e})
		}
	}
	return found
}

// Tamper replaces a stored entry by what change makes of it, or removes it when change returns false. It exists so that
// tests can show that verification finds it out.
func (s *Store[B]) Tamper(key string, seq int64, change func(*chain.Entry[B]) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chains[key]
	if c == nil || seq < 1 || seq > int64(len(c.list)) {
		return
	}
	forged := *c.list[seq-1]
	if change(&forged) {
		c.list[seq-1] = &forged
		return
	}
	if seq == int64(len(c.list)) {
		c.list = slices.Delete(c.list, int(seq-1), int(seq))
		return
	}
	c.list[seq-1] = nil
}
