package mongox_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/mongox"
	"github.com/refersuite/refersuite/pkg/testkit"
)

func inserter(t testing.TB, opts mongox.InserterOptions) (*mongo.Collection, *mongox.Inserter[account]) {
	t.Helper()
	coll := testkit.Mongo(t).Collection("inserted")
	unique := mongo.IndexModel{Keys: bson.D{{Key: "by", Value: 1}, {Key: "count", Value: 1}}, Options: options.Index().SetUnique(true).SetName("unique")}
	if err := mongox.EnsureIndexes(t.Context(), coll, unique); err != nil {
		t.Fatal(err)
	}
	ins, err := mongox.NewInserter[account](coll, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ins.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return coll, ins
}

func TestInserterStores_EachCallerGetsItsOwnAnswer(t *testing.T) {
	const ids, racers = 40, 20
	coll, ins := inserter(t, mongox.InserterOptions{})
	var inserted, refused atomic.Int64
	var racing sync.WaitGroup
	for r := range racers {
		for i := range ids {
			racing.Go(func() {
				// Half collide on _id, the other half on the secondary index.
				doc := account{ID: fmt.Sprintf("d%d", i), By: fmt.Sprintf("%d", i), Count: r}
				if i%2 == 1 {
					doc.ID, doc.Count = fmt.Sprintf("d%d-%d", i, r), 0
				}
				switch err := ins.Insert(testkit.Context(t), doc); {
				case err == nil:
					inserted.Add(1)
				case mongox.IsDuplicate(err) && !mongox.IsUnknownOutcome(err):
					refused.Add(1)
				default:
					t.Errorf("%s: %v", doc.ID, err)
				}
			})
		}
	}
	racing.Wait()
	stored, err := coll.CountDocuments(t.Context(), bson.M{})
	if err != nil || stored != ids || inserted.Load() != ids || refused.Load() != ids*(racers-1) {
		t.Errorf("stored %d, inserted %d, refused %d, %v", stored, inserted.Load(), refused.Load(), err)
	}
}

func TestInserterStores_UnknownOutcomes(t *testing.T) {
	lost := errors.New("connection reset")
	for _, c := range []struct {
		name       string
		idempotent bool
		happens    bool // the first attempt is written, its reply lost
		always     bool // every reply is lost
		want       func(error) bool
	}{
		{"WrittenAndIdempotent", true, true, false, func(err error) bool { return err == nil }},
		{"NotWrittenAndIdempotent", true, false, false, func(err error) bool { return err == nil }},
		{"NotWritten", false, false, false, func(err error) bool { return err == nil }},
		{"Written", false, true, false, func(err error) bool { return errs.Reason(err) == errs.ReasonOutcomeUnknown }},
		{"NeverAnswered", true, true, true, func(err error) bool { return errs.Reason(err) == errs.ReasonOutcomeUnknown }},
	} {
		t.Run(c.name, func(t *testing.T) {
			coll, ins := inserter(t, mongox.InserterOptions{Idempotent: c.idempotent})
			first := true
			ins.WithInsertMany(func(_ context.Context, _ []bson.Raw, next func() error) error {
				if !first && !c.always {
					return next()
				}
				first = false
				if c.happens {
					if err := next(); err != nil {
						t.Logf("written before: %v", err)
					}
				}
				return lost
			})
			if err := ins.Insert(testkit.Context(t), account{ID: "a"}); !c.want(err) {
				t.Errorf("err = %v", err)
			}
			if n, err := coll.CountDocuments(t.Context(), bson.M{}); err != nil || n != 1 {
				t.Errorf("stored %d, %v", n, err)
			}
		})
	}
	t.Run("SomebodyElsesDocumentIsADuplicate", func(t *testing.T) {
		coll, ins := inserter(t, mongox.InserterOptions{})
		if _, err := coll.InsertOne(t.Context(), account{ID: "a", Count: 9}); err != nil {
			t.Fatal(err)
		}
		first := true
		ins.WithInsertMany(func(_ context.Context, _ []bson.Raw, next func() error) error {
			if first {
				first = false
				return lost
			}
			return next()
		})
		if err := ins.Insert(testkit.Context(t), account{ID: "a"}); !mongox.IsDuplicate(err) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestInserterStores_GathersWhileARoundTripIsUnderWay(t *testing.T) {
	const callers = 30
	_, ins := inserter(t, mongox.InserterOptions{BatchOptions: mongox.BatchOptions{InFlight: 1, Queue: callers}})
	var sizes []int
	entered, proceed := make(chan struct{}), make(chan struct{})
	ins.WithInsertMany(func(_ context.Context, docs []bson.Raw, next func() error) error {
		if sizes = append(sizes, len(docs)); len(sizes) == 1 {
			close(entered)
			<-proceed
		}
		return next()
	})
	var calling sync.WaitGroup
	insert := func(i int) {
		calling.Go(func() {
			if err := ins.Insert(testkit.Context(t), account{ID: fmt.Sprintf("d%d", i), Count: i}); err != nil {
				t.Error(err)
			}
		})
	}
	insert(0)
	<-entered
	for i := 1; i < callers; i++ {
		insert(i)
	}
	for ins.Waiting() < callers-1 {
		runtime.Gosched()
	}
	close(proceed)
	calling.Wait()
	if len(sizes) != 2 || sizes[1] != callers-1 {
		t.Errorf("batches of %v, want one document and then all others", sizes)
	}
}

func TestInserterStores_CloseWritesWhatWasHandedOver(t *testing.T) {
	coll, ins := inserter(t, mongox.InserterOptions{})
	var calling sync.WaitGroup
	var written atomic.Int64
	for i := range 50 {
		calling.Go(func() {
			switch err := ins.Insert(testkit.Context(t), account{ID: fmt.Sprintf("d%d", i), Count: i}); {
			case err == nil:
				written.Add(1)
			case !errors.Is(err, mongox.ErrClosed):
				t.Error(err)
			}
		})
	}
	if err := ins.Close(testkit.Context(t)); err != nil {
		t.Fatal(err)
	}
	calling.Wait()
	if n, err := coll.CountDocuments(t.Context(), bson.M{}); err != nil || n != written.Load() {
		t.Errorf("stored %d, %v; %d callers were told so", n, err, written.Load())
	}
}

func TestInserterStores_RefusesADocumentWithoutID(t *testing.T) {
	coll := testkit.Mongo(t).Collection("c")
	ins, err := mongox.NewInserter[bson.M](coll, mongox.InserterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := ins.Insert(testkit.Context(t), bson.M{"a": 1}); err == nil {
		t.Error("a document without _id was inserted")
	}
	if err := ins.Close(testkit.Context(t)); err != nil {
		t.Error(err)
	}
}

func indexOn(field string) mongo.IndexModel {
	return mongo.IndexModel{Keys: bson.D{{Key: field, Value: 1}}, Options: options.Index().SetName(field)}
}

func BenchmarkInsertStores(b *testing.B) {
	const callers = 64
	coll, ins := inserter(b, mongox.InserterOptions{})
	run := func(name string, insert func(ctx context.Context, doc account) error) {
		b.Run(name, func(b *testing.B) {
			var next atomic.Int64
			var calling sync.WaitGroup
			for range callers {
				calling.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if err := insert(b.Context(), account{ID: fmt.Sprintf("%s-%d-%d", name, b.N, n), By: name, Count: int(n) + b.N*1000}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			calling.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "inserts/s")
		})
	}
	run("plain", func(ctx context.Context, doc account) error {
		_, err := coll.InsertOne(ctx, doc)
		return err
	})
	run("grouped", ins.Insert)
}
