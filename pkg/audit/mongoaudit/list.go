package mongoaudit

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/refersuite/refersuite/pkg/audit"
)

// List implements audit.Store: one query for the intents of a page, one for their outcomes.
func (s *Store) List(ctx context.Context, query audit.Query) ([]audit.Entry, error) {
	intents, err := find[intent](ctx, s, Filter(query),
		options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(int64(query.PageSize())))
	if err != nil || len(intents) == 0 {
		return nil, err
	}
	ids := make([]string, len(intents))
	for i, in := range intents {
		ids[i] = in.ID
	}
	outcomes, err := find[outcome](ctx, s, OutcomeFilter(ids))
	if err != nil {
		return nil, err
	}
	byID := make(map[string]outcome, len(outcomes))
	for _, o := range outcomes {
		byID[o.ID] = o
	}
	entries := make([]audit.Entry, len(intents))
	for i, in := range intents {
		entries[i] = entry(in, byID[outcomeID(in.ID)])
	}
	return entries, nil
}

func find[T any](ctx context.Context, s *Store, filter bson.D, opts ...options.Lister[options.FindOptions]) ([]T, error) {
	cursor, err := s.coll.Find(ctx, filter, opts...)
	if err != nil {
		return nil, fmt.Errorf("list the audit trail: %w", err)
	}
	var found []T
	if err := cursor.All(ctx, &found); err != nil {
		return nil, fmt.Errorf("list the audit trail: %w", err)
	}
	return found, nil
}

// Filter returns the filter of a query, for List and for the test that it is served by an index.
func Filter(query audit.Query) bson.D {
	filter, ids := bson.D{}, bson.D{}
	if query.Subject != "" {
		filter = append(filter, bson.E{Key: "subject", Value: query.Subject})
	}
	if query.Method != "" {
		filter = append(filter, bson.E{Key: "method", Value: query.Method})
	}
	if len(filter) == 0 {
		// Every other document is an outcome. A condition on an indexed field, such as that there is a method, would tempt
		// a planner to sort the whole trail: this one leaves it nothing but the order of _id.
		filter = append(filter, bson.E{Key: "finished_at", Value: bson.D{{Key: "$exists", Value: false}}})
		ids = append(ids, bson.E{Key: "$gt", Value: ""})
	}
	if query.Before != "" {
		ids = append(ids, bson.E{Key: "$lt", Value: query.Before})
	}
	if len(ids) > 0 {
		filter = append(filter, bson.E{Key: "_id", Value: ids})
	}
	return filter
}

// OutcomeFilter returns the filter of the outcomes of a page, for List and for the test that it is served by an index.
func OutcomeFilter(ids []string) bson.D {
	outcomes := make([]string, len(ids))
	for i, id := range ids {
		outcomes[i] = outcomeID(id)
	}
	return bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: outcomes}}}}
}
