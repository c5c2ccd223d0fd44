package mongox

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// WithBulk lets a test stand between the replacer and the store.
func (r *Replacer) WithBulk(wrap func(ctx context.Context, ids []string, next func() (int, error)) (int, error)) {
	bulk := r.bulk
	r.bulk = func(ctx context.Context, batch []*job[replacement]) (int, error) {
		ids := make([]string, len(batch))
		for i, j := range batch {
			ids[i] = j.item.id
		}
		return wrap(ctx, ids, func() (int, error) { return bulk(ctx, batch) })
	}
}

// WithReadBack lets a test stand between the replacer and what it reads back.
func (r *Replacer) WithReadBack(wrap func(next func() error) error) {
	stamps := r.stamps
	r.stamps = func(ctx context.Context, ids []string) (found map[string]stamp, err error) {
		err = wrap(func() error {
			found, err = stamps(ctx, ids)
			return err
		})
		return found, err
	}
}

// WithInsertMany lets a test stand between the inserter and the store.
func (ins *Inserter[T]) WithInsertMany(wrap func(ctx context.Context, docs []bson.Raw, next func() error) error) {
	insertMany := ins.insertMany
	ins.insertMany = func(ctx context.Context, docs []bson.Raw) error {
		return wrap(ctx, docs, func() error { return insertMany(ctx, docs) })
	}
}

// Redact is redact.
var Redact = redact

// Waiting returns how many documents wait in the queue.
func (ins *Inserter[T]) Waiting() int { return len(ins.committer.queue) }
