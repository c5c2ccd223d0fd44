package mongochain

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Keys implements chain.Store. It walks along _id and keeps first entries: on 25,000 chains of four entries (DocumentDB, one
// run) that took less time per key than a seek per key, by far, and than an index of first entries. A chain with a very long
// tail is walked over, so Keys is for walks, not for looking something up.
func (s *Store[B]) Keys(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	from := prefix
	if after != "" {
		from = max(from, past(after))
	}
	filter := append(within(from, prefix+beyond), bson.E{Key: "s", Value: int64(1)})
	keys := []string{}
	err := s.each(ctx, filter, 1, limit, func(raw bson.Raw) error {
		id, _ := raw.Lookup("_id").StringValueOK()
		if place, err := placeOf(id); err == nil { // VerifyAll reports the others
			keys = append(keys, place.Key)
		}
		return nil
	}, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("walk keys after %s: %w", from, err)
	}
	return keys, nil
}
