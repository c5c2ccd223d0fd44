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
	// ReconciliationResults is the collection of the results of reconciliations, one document for each.
	ReconciliationResults = "reconciliations"
	// ReconciliationTurns is the collection of the one document that says whose turn it is.
	ReconciliationTurns = "reconciliation_turns"
	// expiryIndex removes results after resultsKept.
	expiryIndex = "expiry"
)

// resultsKept is how long results are kept: longer than a year.
const resultsKept = 400 * 24 * time.Hour

// Reconciliations implements app.Reconciliations.
type Reconciliations struct{ results, turns *mongo.Collection }

// OpenReconciliations returns the store of a database, after it has made sure of its indexes.
func OpenReconciliations(ctx context.Context, db *mongo.Database) (*Reconciliations, error) {
	s := &Reconciliations{results: db.Collection(ReconciliationResults), turns: db.Collection(ReconciliationTurns)}
	err := mongox.EnsureIndexes(ctx, s.results, mongo.IndexModel{
		Keys:    bson.D{{Key: "finished_at", Value: 1}},
		Options: options.Index().SetName(expiryIndex).SetExpireAfterSeconds(int32(resultsKept / time.Second)),
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// result is a Reconciliation as it is stored. Its _id begins with when it was finished, so that the last result is the last
// _id.
type result struct {
	Place         string                       `json:"_id"`
	ID            string                       `json:"id"`
	StartedAt     time.Time                    `json:"started_at"`
	FinishedAt    time.Time                    `json:"finished_at"`
	Currencies    []domain.CurrencyTotals      `json:"currencies"`
	ZeroSum       bool                         `json:"zero_sum"`
	Accounts      int64                        `json:"accounts"`
	Postings      int64                        `json:"postings"`
	Redemptions   int64                        `json:"redemptions"`
	Findings      []domain.Finding             `json:"findings"`
	FindingCounts map[domain.FindingKind]int64 `json:"finding_counts"`
}

// Save implements app.Reconciliations.
func (s *Reconciliations) Save(ctx context.Context, r app.Reconciliation) error {
	_, err := s.results.InsertOne(ctx, result{
		Place: r.FinishedAt.UTC().Format("20060102T150405.000Z/") + r.ID, ID: r.ID,
		StartedAt: r.StartedAt, FinishedAt: r.FinishedAt, Currencies: r.Currencies, ZeroSum: r.ZeroSum,
		Accounts: r.Accounts, Postings: r.Postings, Redemptions: r.Redemptions,
		Findings: r.Findings, FindingCounts: r.FindingCounts,
	})
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return fmt.Errorf("insert reconciliation %s: %w", r.ID, err)
	}
	return nil
}

// Last implements app.Reconciliations.
func (s *Reconciliations) Last(ctx context.Context) (app.Reconciliation, bool, error) {
	var r result
	err := s.results.FindOne(ctx, AllResults(), options.FindOne().SetSort(bson.D{{Key: "_id", Value: -1}})).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return app.Reconciliation{}, false, nil
	}
	if err != nil {
		return app.Reconciliation{}, false, fmt.Errorf("find the last reconciliation: %w", err)
	}
	return app.Reconciliation{
		ID: r.ID, StartedAt: r.StartedAt, FinishedAt: r.FinishedAt, Currencies: r.Currencies, ZeroSum: r.ZeroSum,
		Accounts: r.Accounts, Postings: r.Postings, Redemptions: r.Redemptions,
		Findings: r.Findings, FindingCounts: r.FindingCounts,
	}, true, nil
}

// AllResults is the filter of Last: a range of _id, since without one not every engine walks backwards along it.
func AllResults() bson.D {
	return bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: "0"}, {Key: "$lt", Value: ":"}}}}
}

// turnID is the _id of the one turn.
const turnID = "scheduled"

// turn is whose turn it is.
type turn struct {
	ID    string    `json:"_id"`
	Owner string    `json:"owner"`
	Done  time.Time `json:"done"`
	Until time.Time `json:"until"`
}

// nobody is the end of a reservation that there is not.
var nobody = time.Unix(0, 0).UTC()

// Take implements app.Reconciliations.
func (s *Reconciliations) Take(ctx context.Context, owner string, due, now, until time.Time) (app.Turn, error) {
	free := bson.D{
		{Key: "_id", Value: turnID}, {Key: "done", Value: bson.D{{Key: "$lt", Value: due}}},
		{Key: "until", Value: bson.D{{Key: "$lte", Value: now}}},
	}
	took, err := s.turns.UpdateOne(ctx, free, set(bson.E{Key: "owner", Value: owner}, bson.E{Key: "until", Value: until}))
	if err != nil {
		return app.Turn{}, fmt.Errorf("take the turn: %w", err)
	}
	var t turn
	err = s.turns.FindOne(ctx, bson.D{{Key: "_id", Value: turnID}}).Decode(&t)
	if errors.Is(err, mongo.ErrNoDocuments) {
		t = turn{ID: turnID, Done: due, Until: nobody}
		if _, err = s.turns.InsertOne(ctx, t); mongo.IsDuplicateKeyError(err) {
			err = nil // another replica was first, with the same or the next moment
		}
	}
	if err != nil {
		return app.Turn{}, fmt.Errorf("find whose turn it is: %w", err)
	}
	return app.Turn{Mine: took.ModifiedCount > 0, DoneUntil: t.Done, Until: t.Until}, nil
}

// Renew implements app.Reconciliations.
func (s *Reconciliations) Renew(ctx context.Context, owner string, now, until time.Time) (bool, error) {
	mine := append(ownedBy(owner), bson.E{Key: "until", Value: bson.D{{Key: "$gt", Value: now}}})
	renewed, err := s.turns.UpdateOne(ctx, mine, set(bson.E{Key: "until", Value: until}))
	if err != nil {
		return false, fmt.Errorf("renew the turn: %w", err)
	}
	return renewed.MatchedCount > 0, nil
}

// Done implements app.Reconciliations.
func (s *Reconciliations) Done(ctx context.Context, owner string, due time.Time) error {
	done := append(bson.D{{Key: "$max", Value: bson.D{{Key: "done", Value: due}}}}, free()...)
	if _, err := s.turns.UpdateOne(ctx, ownedBy(owner), done); err != nil {
		return fmt.Errorf("end the turn: %w", err)
	}
	return nil
}

// Release implements app.Reconciliations.
func (s *Reconciliations) Release(ctx context.Context, owner string) error {
	if _, err := s.turns.UpdateOne(ctx, ownedBy(owner), free()); err != nil {
		return fmt.Errorf("release the turn: %w", err)
	}
	return nil
}

func ownedBy(owner string) bson.D {
	return bson.D{{Key: "_id", Value: turnID}, {Key: "owner", Value: owner}}
}

func free() bson.D {
	return set(bson.E{Key: "owner", Value: ""}, bson.E{Key: "until", Value: nobody})
}

func set(fields ...bson.E) bson.D { return bson.D{{Key: "$set", Value: bson.D(fields)}} }
