// Package mongostore keeps people's progress and the ladders in MongoDB.
package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/mongochain"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// Progress is the collection of people's progress, one document per step as pkg/chain/mongochain describes. It shards by k,
// the key of the chain.
const Progress = "progress"

// OpenProgress returns the progress of a database, after it has made sure of its indexes.
func OpenProgress(ctx context.Context, db *mongo.Database) (chain.Store[domain.Line], error) {
	coll := db.Collection(Progress)
	if err := mongox.EnsureIndexes(ctx, coll, mongochain.Indexes()...); err != nil {
		return nil, err
	}
	return mongochain.New[domain.Line](coll), nil
}
