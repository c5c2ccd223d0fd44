package mongostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

const (
	// QueuedRewards is the collection of the rewards that wait for budget. It shards by program.
	QueuedRewards = "queued_rewards"
	// QueueLeases is the collection of who tries the rewards of a programme, one document for each.
	QueueLeases = "queue_leases"
	// WaitingIndex serves the order in which rewards wait.
	WaitingIndex = "by_program_and_time"
)

// Queue implements app.Queue.
type Queue struct{ waiting, leases *mongo.Collection }

// OpenQueue returns the queue of a database, after it has made sure of its indexes.
func OpenQueue(ctx context.Context, db *mongo.Database) (*Queue, error) {
	q := &Queue{waiting: db.Collection(QueuedRewards), leases: db.Collection(QueueLeases)}
	err := mongox.EnsureIndexes(ctx, q.waiting, mongo.IndexModel{
		Keys:    bson.D{{Key: "program", Value: 1}, {Key: "queued_at", Value: 1}, {Key: "_id", Value: 1}},
		Options: options.Index().SetName(WaitingIndex),
	})
	if err != nil {
		return nil, err
	}
	return q, nil
}

// queuedReward is an app.QueuedReward as it is stored.
type queuedReward struct {
	ID             string    `json:"_id"`
	ProgramID      string    `json:"program"`
	ProgramVersion int64     `json:"program_version"`
	ReferralID     string    `json:"referral"`
	Beneficiary    string    `json:"user"`
	Side           string    `json:"side"`
	Kind           string    `json:"kind"`
	Amount         int64     `json:"amount"`
	Currency       string    `json:"currency"`
	Hold           int64     `json:"hold_ns"`
	Tier           string    `json:"tier"`
	TraceID        string    `json:"trace"`
	QueuedAt       time.Time `json:"queued_at"`
	Attempts       int64     `json:"attempts"`
}

func (d queuedReward) reward() app.QueuedReward {
	return app.QueuedReward{
		Reward: domain.Reward{
			ID: d.ID, ProgramID: d.ProgramID, ProgramVersion: d.ProgramVersion, ReferralID: d.ReferralID, Beneficiary: d.Beneficiary,
			Side: domain.Side(d.Side), Kind: domain.RewardKind(d.Kind), Amount: d.Amount, Currency: d.Currency,
			Hold: time.Duration(d.Hold), Tier: d.Tier, TraceID: d.TraceID,
		},
		QueuedAt: d.QueuedAt, Attempts: d.Attempts,
	}
}

// Put implements app.Queue.
func (q *Queue) Put(ctx context.Context, r app.QueuedReward) error {
	_, err := q.waiting.InsertOne(ctx, queuedReward{
		ID: r.ID, ProgramID: r.ProgramID, ProgramVersion: r.ProgramVersion, ReferralID: r.ReferralID, Beneficiary: r.Beneficiary,
		Side: string(r.Side), Kind: string(r.Kind), Amount: r.Amount, Currency: r.Currency, Hold: int64(r.Hold), Tier: r.Tier,
		TraceID: r.TraceID, QueuedAt: r.QueuedAt, Attempts: r.Attempts,
	})
	if err != nil && !mongox.IsDuplicate(err) {
		return fmt.Errorf("queue reward %s: %w", r.ID, err)
	}
	return nil
}

// Get implements app.Queue.
func (q *Queue) Get(ctx context.Context, rewardID string) (app.QueuedReward, bool, error) {
	var d queuedReward
	err := q.waiting.FindOne(ctx, bson.D{{Key: "_id", Value: rewardID}}).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return app.QueuedReward{}, false, nil
	}
	if err != nil {
		return app.QueuedReward{}, false, fmt.Errorf("find queued reward %s: %w", rewardID, err)
	}
	return d.reward(), true, nil
}

// Remove implements app.Queue.
func (q *Queue) Remove(ctx context.Context, rewardID string) error {
	if _, err := q.waiting.DeleteOne(ctx, bson.D{{Key: "_id", Value: rewardID}}); err != nil {
		return fmt.Errorf("remove queued reward %s: %w", rewardID, err)
	}
	return nil
}

// Tried implements app.Queue.
func (q *Queue) Tried(ctx context.Context, rewardID string) error {
	_, err := q.waiting.UpdateOne(ctx, bson.D{{Key: "_id", Value: rewardID}},
		bson.D{{Key: "$inc", Value: bson.D{{Key: "attempts", Value: int64(1)}}}})
	if err != nil {
		return fmt.Errorf("count an attempt of queued reward %s: %w", rewardID, err)
	}
	return nil
}

// WaitingAfter is the filter of a page of the queue.
func WaitingAfter(programID string, after app.QueuePlace) bson.D {
	filter := bson.D{{Key: "program", Value: programID}}
	if after.ID == "" {
		return filter
	}
	return append(filter, bson.E{Key: "$or", Value: bson.A{
		bson.D{{Key: "queued_at", Value: bson.D{{Key: "$gt", Value: after.QueuedAt}}}},
		bson.D{{Key: "queued_at", Value: after.QueuedAt}, {Key: "_id", Value: bson.D{{Key: "$gt", Value: after.ID}}}},
	}})
}

// List implements app.Queue.
func (q *Queue) List(ctx context.Context, programID string, after app.QueuePlace, limit int) ([]app.QueuedReward, error) {
	cursor, err := q.waiting.Find(ctx, WaitingAfter(programID, after),
		options.Find().SetSort(bson.D{{Key: "queued_at", Value: 1}, {Key: "_id", Value: 1}}).SetLimit(int64(limit)))
	if err != nil {
		return nil, fmt.Errorf("list the queue of %s: %w", programID, err)
	}
	var docs []queuedReward
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("list the queue of %s: %w", programID, err)
	}
	list := make([]app.QueuedReward, 0, len(docs))
	for _, d := range docs {
		list = append(list, d.reward())
	}
	return list, nil
}

// Totals implements app.Queue.
func (q *Queue) Totals(ctx context.Context, programID string) (app.QueueTotals, error) {
	cursor, err := q.waiting.Aggregate(ctx, mongo.Pipeline{
		{{Key: "$match", Value: bson.D{{Key: "program", Value: programID}}}},
		{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: nil},
			{Key: "rewards", Value: bson.D{{Key: "$sum", Value: int64(1)}}},
			{Key: "amount", Value: bson.D{{Key: "$sum", Value: "$amount"}}},
		}}},
	})
	if err != nil {
		return app.QueueTotals{}, fmt.Errorf("add up the queue of %s: %w", programID, err)
	}
	var sums []struct {
		Rewards int64 `json:"rewards"`
		Amount  int64 `json:"amount"`
	}
	if err := cursor.All(ctx, &sums); err != nil {
		return app.QueueTotals{}, fmt.Errorf("add up the queue of %s: %w", programID, err)
	}
	if len(sums) == 0 {
		return app.QueueTotals{}, nil
	}
	return app.QueueTotals(sums[0]), nil
}

// Programs implements app.Queue.
func (q *Queue) Programs(ctx context.Context) ([]string, error) {
	var programs []string
	if err := q.waiting.Distinct(ctx, "program", bson.D{}).Decode(&programs); err != nil {
		return nil, fmt.Errorf("list the programmes whose rewards wait: %w", err)
	}
	return programs, nil
}

// Lease implements app.Queue.
func (q *Queue) Lease(ctx context.Context, programID, owner string, now, until time.Time) (bool, error) {
	_, err := q.leases.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: programID}, {Key: "$or", Value: bson.A{
			bson.D{{Key: "owner", Value: owner}},
			bson.D{{Key: "until", Value: bson.D{{Key: "$lte", Value: now}}}},
		}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "owner", Value: owner}, {Key: "until", Value: until}}}},
		options.UpdateOne().SetUpsert(true))
	if mongox.IsDuplicate(err) {
		return false, nil // somebody else has it
	}
	if err != nil {
		return false, fmt.Errorf("lease the queue of %s: %w", programID, err)
	}
	return true, nil
}
