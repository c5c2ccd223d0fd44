package chain

import (
	"context"

	"github.com/refersuite/refersuite/pkg/errs"
)

// Head returns the last entry of a chain as it is stored now, and false when the chain is empty.
func (l *Log[B]) Head(ctx context.Context, key string) (Entry[B], bool, error) {
	if err := validKey(key); err != nil {
		return Entry[B]{}, false, err
	}
	head, err := l.readHead(ctx, key)
	if err != nil {
		return Entry[B]{}, false, err
	}
	if head.Seq == 0 {
		return Entry[B]{}, false, nil
	}
	return *head, true, nil
}

// Find returns the entry that a command caused, and false when it was not executed on that chain.
func (l *Log[B]) Find(ctx context.Context, key, commandID string) (Entry[B], bool, error) {
	if err := validKey(key); err != nil {
		return Entry[B]{}, false, err
	}
	e := l.recent.get(key, commandID)
	if e == nil {
		var err error
		if e, err = l.readCommand(ctx, key, commandID); err != nil || e == nil {
			return Entry[B]{}, false, err
		}
	}
	return *e, true, nil
}

// Range returns entries of one chain in the order of the page; none for an empty chain.
func (l *Log[B]) Range(ctx context.Context, key string, page Page) ([]Entry[B], error) {
	if err := validKey(key); err != nil {
		return nil, err
	}
	if page.After < 0 || page.Before < 0 || page.Limit < 0 {
		return nil, errs.New(errs.InvalidArgument, "CHAIN_PAGE_INVALID",
			"after %d, before %d and limit %d must not be negative", page.After, page.Before, page.Limit)
	}
	found, err := l.store.Range(ctx, key, page)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry[B], len(found))
	for i, e := range found {
		entries[i] = *e
	}
	return entries, nil
}

// Keys returns the keys of chains with a prefix after a key, ascending in byte order. A limit of 0 means DefaultLimit, one
// above MaxLimit means MaxLimit. To walk all chains, pass the last key of one page as after of the next, until a page is
// empty.
func (l *Log[B]) Keys(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	return l.store.Keys(ctx, prefix, after, bounded(limit))
}
