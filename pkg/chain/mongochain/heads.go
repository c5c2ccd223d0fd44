package mongochain

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"

	"github.com/refersuite/refersuite/pkg/chain"
)

// headSeeks bounds the concurrent seeks of Heads.
const headSeeks = 8

// Heads implements chain.Store: one query finds out which of the chains exist, and each of those takes a seek. Most chains
// that a process does not know are new.
func (s *Store[B]) Heads(ctx context.Context, keys []string) ([]*chain.Entry[B], error) {
	exists := map[string]bool{}
	if len(keys) == 1 {
		exists[keys[0]] = true
	} else if err := s.existing(ctx, keys, exists); err != nil {
		return nil, fmt.Errorf("find the chains that exist: %w", err)
	}
	heads := make([]*chain.Entry[B], len(keys))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(headSeeks)
	for i, key := range keys {
		if exists[key] {
			group.Go(func() (err error) {
				heads[i], err = s.Head(ctx, key)
				return err
			})
		}
	}
	return heads, group.Wait()
}

// existing notes the keys whose first entry is there.
func (s *Store[B]) existing(ctx context.Context, keys []string, exists map[string]bool) error {
	firsts := make(bson.A, len(keys))
	for i, key := range keys {
		firsts[i] = documentID(key, 1)
	}
	cursor, err := s.coll.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: firsts}}}},
		options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}).SetBatchSize(int32(len(keys)+1)))
	if err != nil {
		return err
	}
	var found []struct {
		ID string `bson:"_id"`
	}
	if err := cursor.All(ctx, &found); err != nil {
		return err
	}
	for _, f := range found {
		if place, err := placeOf(f.ID); err == nil {
			exists[place.Key] = true
		}
	}
	return nil
}
