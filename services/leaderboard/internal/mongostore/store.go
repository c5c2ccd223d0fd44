// Package mongostore keeps scores in MongoDB, or in another engine of its protocol.
package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/chain/mongochain"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// Scores is the collection of all chains.
const Scores = "scores"

// New returns the store of score chains on a database and creates the indexes that are missing.
func New(ctx context.Context, db *mongo.Database) (chain.Store[domain.Line], error) {
	coll := db.Collection(Scores)
	if err := mongox.EnsureIndexes(ctx, coll, mongochain.Indexes()...); err != nil {
		return nil, err
	}
	return mongochain.New[domain.Line](coll), nil
}
