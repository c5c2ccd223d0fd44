// Package memchain keeps chains in memory. It is the default of local runs and the fake of unit tests.
package memchain

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/refersuite/refersuite/pkg/chain"
)

// indexFrom is the length from which a chain has an index over its commands; a shorter one is searched.
const indexFrom = 16

// Store is a chain.Store in memory.
type Store[B any] struct {
	mu     sync.RWMutex
	chains map[string]*entries[B]
	keys   []string // in order, except for those from sorted on
	sorted int
}

// entries is one chain, in order.
type entries[B any] struct {
	list  []*chain.Entry[B]
	index map[string]int32 // command id to position, nil while the chain is short
}

// New returns an empty store.
func New[B any]() *Store[B] { return &Store[B]{chains: map[string]*entries[B]{}} }

// Insert implements chain.Store.
func (s *Store[B]) Insert(ctx context.Context, batch []*chain.Entry[B]) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range batch {
		c := s.chains[e.Key]
		if c == nil {
			c = &entries[B]{}
			s.chains[e.Key] = c
			s.keys = append(s.keys, e.Key)
		}
		if c.find(e.Command.ID) != nil {
			return i, fmt.Errorf("%s#%d: %w", e.Key, e.Seq, chain.ErrCommandTaken)
		}
		if last := int64(len(c.list)); e.Seq <= last {
			return i, fmt.Errorf("%s#%d: %w", e.Key, e.Seq, chain.ErrSeqTaken)
		} else if e.Seq > last+1 {
			return i, fmt.Errorf("%s#%d after #%d: %w", e.Key, e.Seq, last, chain.ErrRejected)
		}
		c.add(e)
	}
	return len(batch), nil
}

func (c *entries[B]) add(e *chain.Entry[B]) {
	c.list = append(c.list, e)
	switch {
	case c.index != nil:
		c.index[e.Command.ID] = int32(len(c.list) - 1)
	case len(c.list) == indexFrom:
		c.index = make(map[string]int32, 2*indexFrom)
		for i, e := range c.list {
			c.index[e.Command.ID] = int32(i)
		}
	}
}

func (c *entries[B]) find(commandID string) *chain.Entry[B] {
	if c.index != nil {
		if i, ok := c.index[commandID]; ok {
			return c.list[i]
		}
		return nil
	}
	for _, e := range c.list {
		if e != nil && e.Command.ID == commandID {
			return e
		}
	}
	return nil
}

// Head implements chain.Store.
func (s *Store[B]) Head(ctx context.Context, key string) (*chain.Entry[B], error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := s.chains[key]
	if c == nil || len(c.list) == 0 {
		return nil, ctx.Err()
	}
	return c.list[len(c.list)-1], ctx.Err()
}

// Heads implements chain.Store.
func (s *Store[B]) Heads(ctx context.Context, keys []string) ([]*chain.Entry[B], error) {
	heads := make([]*chain.Entry[B], len(keys))
	for i, key := range keys {
		var err error
		if heads[i], err = s.Head(ctx, key); err != nil {
			return nil, err
		}
	}
	return heads, nil
}

// Find implements chain.Store.
func (s *Store[B]) Find(ctx context.Context, key, commandID string) (*chain.Entry[B], error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if c := s.chains[key]; c != nil {
		return c.find(commandID), ctx.Err()
	}
	return nil, ctx.Err()
}

// Range implements chain.Store.
func (s *Store[B]) Range(ctx context.Context, key string, page chain.Page) ([]*chain.Entry[B], error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := s.chains[key]
	if c == nil {
		return nil, ctx.Err()
	}
	from, to := min(max(page.After, 0), int64(len(c.list))), int64(len(c.list))
	if page.Before > 0 {
		to = min(to, page.Before-1)
	}
	if from >= to {
		return nil, ctx.Err()
	}
	size := int64(page.Size())
	if !page.Descending {
		return slices.Clone(c.list[from:min(to, from+size)]), ctx.Err()
	}
	newest := slices.Clone(c.list[max(from, to-size):to])
	slices.Reverse(newest)
	return newest, ctx.Err()
}

// Keys implements chain.Store.
func (s *Store[B]) Keys(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := s.order()
	found := []string{}
	for _, key := range keys[s.place(prefix, after):] {
		if len(found) == limit || !strings.HasPrefix(key, prefix) {
			break
		}
		if len(s.chains[key].list) > 0 {
			found = append(found, key)
		}
	}
	return found, ctx.Err()
}

// place returns the position of the first key with the prefix after a key.
func (s *Store[B]) place(prefix, after string) int {
	from, _ := slices.BinarySearch(s.keys, prefix)
	at, found := slices.BinarySearch(s.keys, after)
	if found {
		at++
	}
	return max(from, at)
}

// order sorts the keys.
func (s *Store[B]) order() []string {
	if s.sorted < len(s.keys) {
		slices.Sort(s.keys)
		s.sorted = len(s.keys)
	}
	return s.keys
}
