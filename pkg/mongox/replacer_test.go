package mongox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/testkit"
)

type account struct {
	ID      string `json:"id" bson:"_id"`
	Version int64  `json:"version"`
	Count   int    `json:"count"`
	By      string `json:"by,omitempty"`
}

// accounts is a collection with n accounts at version 1, and a replacer over it.
func accounts(t testing.TB, n int, opts mongox.BatchOptions) (*mongo.Collection, *mongox.Replacer) {
	t.Helper()
	coll := testkit.Mongo(t).Collection("accounts")
	docs := make([]account, n)
	for i := range docs {
		docs[i] = account{ID: fmt.Sprintf("a%03d", i), Version: 1}
	}
	if _, err := coll.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	replacer, err := mongox.NewReplacer(coll, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := replacer.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return coll, replacer
}

func read(t testing.TB, coll *mongo.Collection, id string) account {
	t.Helper()
	var a account
	if err := coll.FindOne(t.Context(), bson.M{"_id": id}).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestReplacerStores_OneOf20RacersWinsEachVersion(t *testing.T) {
	const rounds, racers = 25, 20
	coll, first := accounts(t, 2, mongox.BatchOptions{})
	second, err := mongox.NewReplacer(coll, mongox.BatchOptions{}) // another process
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := second.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	for version := int64(1); version <= rounds; version++ {
		var racing sync.WaitGroup
		var won, lost [2]atomic.Int64
		var winner [2]atomic.Value
		for r := range racers {
			replacer := []*mongox.Replacer{first, second}[r%2]
			for i, id := range []string{"a000", "a001"} {
				racing.Go(func() {
					by := fmt.Sprintf("racer-%d", r)
					err := replacer.Replace(testkit.Context(t), id, version, account{ID: id, Version: version + 1, By: by})
					switch {
					case err == nil:
						won[i].Add(1)
						winner[i].Store(by)
					case errors.Is(err, mongox.ErrConflict):
						lost[i].Add(1)
					default:
						t.Errorf("racer %d: %v", r, err)
					}
				})
			}
		}
		racing.Wait()
		for i, id := range []string{"a000", "a001"} {
			stored := read(t, coll, id)
			if won[i].Load() != 1 || lost[i].Load() != racers-1 || stored.By != winner[i].Load() || stored.Version != version+1 {
				t.Fatalf("version %d of %s: %d won, %d lost, stored %+v, winner %v", version, id, won[i].Load(), lost[i].Load(), stored, winner[i].Load())
			}
		}
	}
}

// TestReplacerStores_CountsAreExactUnderLostReplies increments counters by load, change, save, while replies are lost
// before and after the write, and a lease-like writer increments versions on the side.
func TestReplacerStores_CountsAreExactUnderLostReplies(t *testing.T) {
	const documents, workers, each = 4, 12, 25
	coll, replacer := accounts(t, documents, mongox.BatchOptions{MaxBatch: 16})
	var calls atomic.Int64
	replacer.WithBulk(func(_ context.Context, _ []string, next func() (int, error)) (int, error) {
		switch calls.Add(1) % 5 {
		case 1:
			return 0, errors.New("connection reset before the write")
		case 3:
			_, _ = next()
			return 0, errors.New("connection reset after the write")
		default:
			return next()
		}
	})
	var certain, unclear atomic.Int64
	var working sync.WaitGroup
	for w := range workers {
		working.Go(func() {
			for n := range each {
				id := fmt.Sprintf("a%03d", (w+n)%documents)
				saved, maybe, err := increment(testkit.Context(t), coll, replacer, id)
				if err != nil {
					t.Error(err)
					return
				}
				certain.Add(saved)
				unclear.Add(maybe)
				if _, err := coll.UpdateOne(testkit.Context(t), bson.M{"_id": id}, bson.M{"$inc": bson.M{"version": int64(1)}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	working.Wait()
	var total int64
	for i := range documents {
		total += int64(read(t, coll, fmt.Sprintf("a%03d", i)).Count)
	}
	if total < certain.Load() || total > certain.Load()+unclear.Load() {
		t.Errorf("stored %d increments; %d were acknowledged and %d unknown", total, certain.Load(), unclear.Load())
	}
	if certain.Load()+unclear.Load() < workers*each {
		t.Errorf("%d acknowledged and %d unknown increments of %d", certain.Load(), unclear.Load(), workers*each)
	}
	t.Logf("%d acknowledged, %d unknown, %d stored, %d round trips", certain.Load(), unclear.Load(), total, calls.Load())
}

// increment saves one increment; an unknown outcome ends it, a conflict repeats it.
func increment(ctx context.Context, coll *mongo.Collection, replacer *mongox.Replacer, id string) (saved, maybe int64, err error) {
	for {
		var a account
		if err := coll.FindOne(ctx, bson.M{"_id": id}).Decode(&a); err != nil {
			return 0, 0, err
		}
		err := replacer.Replace(ctx, id, a.Version, account{ID: id, Version: a.Version + 1, Count: a.Count + 1})
		switch {
		case err == nil:
			return 1, 0, nil
		case errors.Is(err, mongox.ErrConflict):
		case errs.Reason(err) == errs.ReasonOutcomeUnknown:
			return 0, 1, nil
		default:
			return 0, 0, err
		}
	}
}

func TestReplacerStores_ALostReplyIsFoundOut(t *testing.T) {
	lost := errors.New("connection reset")
	for name, happens := range map[string]bool{"AfterTheWrite": true, "BeforeTheWrite": false} {
		t.Run(name, func(t *testing.T) {
			coll, replacer := accounts(t, 1, mongox.BatchOptions{})
			first := true
			replacer.WithBulk(func(_ context.Context, _ []string, next func() (int, error)) (int, error) {
				if !first {
					return next()
				}
				first = false
				if happens {
					if _, err := next(); err != nil {
						t.Error(err)
					}
				}
				return 0, lost
			})
			if err := replacer.Replace(testkit.Context(t), "a000", 1, account{ID: "a000", Version: 2, Count: 7}); err != nil {
				t.Fatal(err)
			}
			if a := read(t, coll, "a000"); a.Version != 2 || a.Count != 7 {
				t.Errorf("stored %+v", a)
			}
		})
	}
	t.Run("AndNothingCanBeReadBack", func(t *testing.T) {
		_, replacer := accounts(t, 1, mongox.BatchOptions{})
		replacer.WithBulk(func(context.Context, []string, func() (int, error)) (int, error) { return 0, lost })
		replacer.WithReadBack(func(func() error) error { return lost })
		err := replacer.Replace(testkit.Context(t), "a000", 1, account{ID: "a000", Version: 2})
		if errs.Reason(err) != errs.ReasonOutcomeUnknown || !mongox.IsUnknownOutcome(err) || !errors.Is(err, lost) {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("AndSomebodyWroteAgain", func(t *testing.T) {
		coll, replacer := accounts(t, 1, mongox.BatchOptions{})
		replacer.WithBulk(func(ctx context.Context, _ []string, next func() (int, error)) (int, error) {
			if _, err := next(); err != nil {
				t.Error(err)
			}
			if _, err := coll.ReplaceOne(ctx, bson.M{"_id": "a000"}, account{ID: "a000", Version: 3}); err != nil {
				t.Error(err)
			}
			return 0, lost
		})
		err := replacer.Replace(testkit.Context(t), "a000", 1, account{ID: "a000", Version: 2})
		if errs.Reason(err) != errs.ReasonOutcomeUnknown {
			t.Errorf("err = %v, want an unknown outcome", err)
		}
	})
}

func TestReplacerStores_RefusesWhatIsWrong(t *testing.T) {
	_, replacer := accounts(t, 1, mongox.BatchOptions{})
	for name, c := range map[string]struct {
		id       string
		expected int64
		doc      any
		want     error
	}{
		"StaleVersion":   {"a000", 7, account{ID: "a000", Version: 8}, mongox.ErrConflict},
		"NoSuchDocument": {"none", 1, account{ID: "none", Version: 2}, mongox.ErrConflict},
		"OtherID":        {"a000", 1, account{ID: "a001", Version: 2}, nil},
		"OtherVersion":   {"a000", 1, account{ID: "a000", Version: 3}, nil},
		"OwnSavedBy":     {"a000", 1, bson.M{"_id": "a000", "version": int64(2), "saved_by": "x"}, nil},
		"NotADocument":   {"a000", 1, 7, nil},
	} {
		t.Run(name, func(t *testing.T) {
			err := replacer.Replace(testkit.Context(t), c.id, c.expected, c.doc)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || c.want == nil && errors.Is(err, mongox.ErrConflict) {
				t.Errorf("err = %v, want %v", err, c.want)
			}
		})
	}
}

func TestReplacerStores_OneRefusedDocumentLeavesTheOthersAlone(t *testing.T) {
	coll, replacer := accounts(t, 30, mongox.BatchOptions{InFlight: 1})
	if err := coll.Database().RunCommand(t.Context(), bson.D{{Key: "collMod", Value: "accounts"},
		{Key: "validator", Value: bson.M{"count": bson.M{"$lt": 1000}}}}).Err(); err != nil {
		t.Fatal(err)
	}
	var saving sync.WaitGroup
	for i := range 30 {
		saving.Go(func() {
			id := fmt.Sprintf("a%03d", i)
			err := replacer.Replace(testkit.Context(t), id, 1, account{ID: id, Version: 2, Count: 1 + 1000*(i%10/9)})
			if refused := i%10 == 9; refused != (err != nil) || refused && (mongox.IsUnknownOutcome(err) || errors.Is(err, mongox.ErrConflict)) {
				t.Errorf("document %d: %v", i, err)
			}
		})
	}
	saving.Wait()
}

func TestReplacerStores_ClosedRefuses(t *testing.T) {
	_, replacer := accounts(t, 1, mongox.BatchOptions{})
	if err := replacer.Close(testkit.Context(t)); err != nil {
		t.Fatal(err)
	}
	if err := replacer.Replace(testkit.Context(t), "a000", 1, account{ID: "a000", Version: 2}); !errors.Is(err, mongox.ErrClosed) {
		t.Errorf("err = %v", err)
	}
}

func BenchmarkReplaceStores(b *testing.B) {
	const callers = 64
	coll, replacer := accounts(b, callers, mongox.BatchOptions{})
	run := func(name string, save func(ctx context.Context, id string, version int64, doc account) error) {
		b.Run(name, func(b *testing.B) {
			var next atomic.Int64
			var calling sync.WaitGroup
			for c := range callers {
				calling.Go(func() {
					a := read(b, coll, fmt.Sprintf("a%03d", c))
					for next.Add(1) <= int64(b.N) {
						a.Version++
						if err := save(b.Context(), a.ID, a.Version-1, a); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			calling.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "saves/s")
		})
	}
	run("plain", func(ctx context.Context, id string, version int64, doc account) error {
		_, err := coll.ReplaceOne(ctx, bson.M{"_id": id, "version": version}, doc)
		return err
	})
	run("grouped", func(ctx context.Context, id string, version int64, doc account) error {
		return replacer.Replace(ctx, id, version, doc)
	})
}
