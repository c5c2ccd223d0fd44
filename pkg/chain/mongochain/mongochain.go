// Package mongochain keeps chains in a MongoDB collection, one document per entry:
//
//	{_id: "<key>#<sequence, 12 digits>", k: key, s: sequence, c: command id, ch: command hash,
//	 t: time, p: previous hash, h: hash, b: body}
//
// The order of _id is the order of keys and sequences, so that a head is the last _id of its key's range and a walk is a
// walk along _id. Every query but the walks names the key: the collection shards by k with its unique indexes intact.
package mongochain

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"

	"github.com/refersuite/refersuite/pkg/chain"
)

// CommandIndex is the name of the unique index over key and command id.
const CommandIndex = "command"

// Store is a chain.Store on a collection that has the Indexes.
type Store[B any] struct {
	coll  *mongo.Collection
	codec codec[B]
}

// New returns a store on a collection. Whatever the client says, inserts are acknowledged by a majority that journaled them,
// and reads ask the primary for what a majority holds.
func New[B any](coll *mongo.Collection) *Store[B] {
	return &Store[B]{coll: coll.Clone(options.Collection().
		SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary()))}
}

// Indexes returns what the collection needs besides _id.
func Indexes() []mongo.IndexModel {
	return []mongo.IndexModel{{
		Keys:    bson.D{{Key: "k", Value: 1}, {Key: "c", Value: 1}},
		Options: options.Index().SetName(CommandIndex).SetUnique(true),
	}}
}

// Head implements chain.Store.
func (s *Store[B]) Head(ctx context.Context, key string) (*chain.Entry[B], error) {
	raw, err := s.coll.FindOne(ctx, within(first(key), past(key)), options.FindOne().SetSort(bson.D{{Key: "_id", Value: -1}})).Raw()
	return s.one(raw, err, "head of", key)
}

// Find implements chain.Store.
func (s *Store[B]) Find(ctx context.Context, key, commandID string) (*chain.Entry[B], error) {
	raw, err := s.coll.FindOne(ctx, bson.D{{Key: "k", Value: key}, {Key: "c", Value: commandID}}).Raw()
	return s.one(raw, err, "command on", key)
}

func (s *Store[B]) one(raw bson.Raw, err error, what, key string) (*chain.Entry[B], error) {
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find %s chain %s: %w", what, key, err)
	}
	_, e, err := s.codec.decode(raw)
	return e, err
}

// Range implements chain.Store.
func (s *Store[B]) Range(ctx context.Context, key string, page chain.Page) ([]*chain.Entry[B], error) {
	from, to, order := documentID(key, max(page.After, 0)+1), past(key), 1
	if page.Before > 0 {
		to = documentID(key, page.Before)
	}
	if page.Descending {
		order = -1
	}
	entries := []*chain.Entry[B]{}
	err := s.each(ctx, within(from, to), order, page.Size(), func(raw bson.Raw) error {
		_, e, err := s.codec.decode(raw)
		entries = append(entries, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read chain %s: %w", key, err)
	}
	return entries, nil
}

// Scan implements chain.Store.
func (s *Store[B]) Scan(ctx context.Context, scope chain.Scope, after chain.Place, limit int) ([]chain.Scanned[B], error) {
	from, to := scope.Prefix, scope.Prefix+beyond
	if scope.Key != "" {
		from, to = first(scope.Key), past(scope.Key)
	}
	if after.Key != "" {
		from = max(from, documentID(after.Key, after.Seq+1))
	}
	found := make([]chain.Scanned[B], 0, min(limit, chain.MaxLimit))
	err := s.each(ctx, within(from, to), 1, limit, func(raw bson.Raw) error {
		place, e, err := s.codec.decode(raw)
		found = append(found, chain.Scanned[B]{Place: place, Entry: e, Err: err})
		return nil
	})
	return found, err
}

// each calls visit for the documents a filter selects, in the order of _id; -1 reverses it.
func (s *Store[B]) each(ctx context.Context, filter bson.D, order, limit int, visit func(bson.Raw) error,
	opts ...options.Lister[options.FindOptions]) (err error) {
	opts = append(opts, options.Find().SetSort(bson.D{{Key: "_id", Value: order}}).SetLimit(int64(limit)).SetBatchSize(int32(limit)))
	cursor, err := s.coll.Find(ctx, filter, opts...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cursor.Close(context.WithoutCancel(ctx))) }()
	for cursor.Next(ctx) {
		if err := visit(cursor.Current); err != nil {
			return err
		}
	}
	return cursor.Err()
}
