package mongooutbox

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/outbox"
)

// pageSize is how many boxes are read at a time while counting.
const pageSize = 500

// Backlog implements outbox.Source. It reads the states of the boxes that are due within the horizon, and those with
// parked messages, and counts the rest in the index.
func (s *Source) Backlog(ctx context.Context, now time.Time) (outbox.Backlog, error) {
	limit := now.Add(horizon)
	var total outbox.Backlog
	due := bson.D{{Key: "outbox.due_at", Value: bson.D{{Key: "$exists", Value: true}, {Key: "$lte", Value: limit}}}}
	if err := s.each(ctx, due, func(box *outbox.Box) { add(&total, box, now) }); err != nil {
		return outbox.Backlog{}, err
	}
	// A box with parked messages may be due late or never, while others wait behind the parked ones.
	if err := s.each(ctx, ParkedFilter(), func(box *outbox.Box) {
		if box.DueAt.IsZero() || box.DueAt.After(limit) {
			add(&total, box, now)
		}
	}); err != nil {
		return outbox.Backlog{}, err
	}
	if room := outbox.ScheduledCap - total.Scheduled; room > 0 {
		scheduled, err := s.scheduled(ctx, limit, room)
		if err != nil {
			return outbox.Backlog{}, err
		}
		total.Scheduled += scheduled
	}
	return total, nil
}

// add counts one box.
func add(total *outbox.Backlog, box *outbox.Box, now time.Time) {
	pending, scheduled, parked := box.Pending(now)
	total.Pending += pending
	total.Parked += parked
	if pending == 0 && scheduled > 0 && !box.DueAt.IsZero() && total.Scheduled < outbox.ScheduledCap {
		total.Scheduled++
	}
	if oldest := box.Oldest(now); !oldest.IsZero() && (total.Oldest.IsZero() || oldest.Before(total.Oldest)) {
		total.Oldest = oldest
	}
}

// each visits the boxes that a filter selects, without what the messages carry.
func (s *Source) each(ctx context.Context, filter bson.D, visit func(*outbox.Box)) error {
	projection := bson.D{
		{Key: "outbox.due_at", Value: 1}, {Key: "outbox.lease", Value: 1}, {Key: "outbox.parked_at", Value: 1},
		{Key: "outbox.messages.state", Value: 1}, {Key: "outbox.messages.created_at", Value: 1}, {Key: "outbox.messages.not_before", Value: 1},
	}
	cursor, err := s.coll.Find(ctx, filter, findOptions(projection))
	if err != nil {
		return fmt.Errorf("count the backlog of %s: %w", s.coll.Name(), err)
	}
	for cursor.Next(ctx) {
		var doc document
		if err := cursor.Decode(&doc); err != nil {
			return fmt.Errorf("count the backlog of %s: %w", s.coll.Name(), closed(ctx, cursor, err))
		}
		visit(&doc.Outbox)
	}
	if err := closed(ctx, cursor, cursor.Err()); err != nil {
		return fmt.Errorf("count the backlog of %s: %w", s.coll.Name(), err)
	}
	return nil
}

// scheduled counts, up to room, the boxes that are due after a time and were not counted as parked.
func (s *Source) scheduled(ctx context.Context, after time.Time, room int) (int, error) {
	filter := bson.D{
		{Key: "outbox.due_at", Value: bson.D{{Key: "$exists", Value: true}, {Key: "$gt", Value: after}}},
		{Key: "outbox.parked_at", Value: bson.D{{Key: "$exists", Value: false}}},
	}
	n, err := s.coll.CountDocuments(ctx, filter, countOptions(room))
	if err != nil {
		return 0, fmt.Errorf("count the scheduled commands of %s: %w", s.coll.Name(), err)
	}
	return int(n), nil
}
