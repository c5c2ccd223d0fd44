package chain

import (
	"context"
	"errors"
)

// ErrSeqTaken says that the position (key, sequence) of an entry is taken: its chain moved on.
var ErrSeqTaken = errors.New("chain: sequence is taken")

// ErrCommandTaken says that the chain of an entry already holds its command.
var ErrCommandTaken = errors.New("chain: command was executed before")

// ErrRejected says that the store will never take an entry: it cannot be encoded, is too large, or fails validation.
var ErrRejected = errors.New("chain: entry is not acceptable to the store")

// Store keeps entries. All methods are safe for concurrent use by any number of processes. Reads see every write that
// was acknowledged before they began, and nothing that may still be rolled back. Entries are shared, not copied: nobody
// changes them.
type Store[B any] interface {
	// Insert writes entries in the given order, durably, and stops at the first that fails. Several entries of one chain
	// stand in ascending order. It returns how many were written. When err wraps ErrSeqTaken, ErrCommandTaken or ErrRejected,
	// exactly the entries before the failing one, entries[inserted], were written. Any other error leaves open which were.
	Insert(ctx context.Context, entries []*Entry[B]) (inserted int, err error)
	// Head returns the last entry of a chain, or nil when the chain is empty.
	Head(ctx context.Context, key string) (*Entry[B], error)
	// Heads returns the last entry of each chain, in the order of the keys, nil for an empty chain. It may take a chain without
	// a first entry for empty; that never happens unless entries were removed.
	Heads(ctx context.Context, keys []string) ([]*Entry[B], error)
	// Find returns the entry that a command caused, or nil when there is none.
	Find(ctx context.Context, key, commandID string) (*Entry[B], error)
	// Range returns the entries of one chain as the page says.
	Range(ctx context.Context, key string, page Page) ([]*Entry[B], error)
	// Keys returns the keys with a prefix that stand after a key, ascending in byte order, at most limit of them.
	Keys(ctx context.Context, prefix, after string, limit int) ([]string, error)
	// Scan returns the entries after a place in the order (key, sequence), at most limit of them, of all chains or of some. It
	// goes on past entries that cannot be read.
	Scan(ctx context.Context, scope Scope, after Place, limit int) ([]Scanned[B], error)
}

// Page selects entries of one chain. The zero value is the first DefaultLimit entries, oldest first.
type Page struct {
	// After keeps entries with a greater sequence.
	After int64
	// Before keeps entries with a smaller sequence; 0 means no bound.
	Before int64
	// Limit bounds the number of entries; 0 means DefaultLimit, and more than MaxLimit means MaxLimit.
	Limit int
	// Descending returns the newest first.
	Descending bool
}

const (
	// DefaultLimit is the size of a page that does not say.
	DefaultLimit = 100
	// MaxLimit is the size of the largest page.
	MaxLimit = 1000
)

// Size returns the number of entries the page may hold.
func (p Page) Size() int { return bounded(p.Limit) }

func bounded(limit int) int {
	switch {
	case limit <= 0:
		return DefaultLimit
	case limit > MaxLimit:
		return MaxLimit
	}
	return limit
}

// Scope selects chains: one, or those with a prefix. The zero value is all of them.
type Scope struct {
	// Key selects one chain.
	Key string
	// Prefix selects chains by the beginning of their key, when Key is empty.
	Prefix string
}

// Place is a position in the order (key, sequence).
type Place struct {
	Key string
	Seq int64
}

// Scanned is what a store holds at a place.
type Scanned[B any] struct {
	Place
	// Entry is nil when Err is not.
	Entry *Entry[B]
	// Err tells why what is stored there is not a readable entry of that place.
	Err error
}
