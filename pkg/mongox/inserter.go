package mongox

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/faultpoint"
)

// InserterOptions tune an Inserter.
type InserterOptions struct {
	BatchOptions
	// Idempotent says that a document with the same _id is the same document, so that finding it after an unknown
	// outcome means success.
	Idempotent bool
}

// Inserter inserts independent documents of many callers with few round trips. Each document brings its own _id. Each
// caller gets its own result:
//
//   - nil: the document is durable;
//   - an error with IsDuplicate: a unique index refused it;
//   - errs.OutcomeUnknown (IsUnknownOutcome): it may or may not be there, also after one retry; read back or insert again;
//   - another error: refused for good.
//
// When the context of a caller ends first, the document may still be inserted.
type Inserter[T any] struct {
	coll       *mongo.Collection
	idempotent bool
	committer  *committer[bson.Raw]
	insertMany func(ctx context.Context, docs []bson.Raw) error
}

// NewInserter returns an inserter, whose goroutines end with Close.
func NewInserter[T any](coll *mongo.Collection, opts InserterOptions) (*Inserter[T], error) {
	ins := &Inserter[T]{coll: coll, idempotent: opts.Idempotent}
	ins.insertMany = func(ctx context.Context, docs []bson.Raw) error {
		faultpoint.Reached("before insert")
		_, err := coll.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
		faultpoint.Reached("after insert")
		return err
	}
	var err error
	ins.committer, err = newCommitter(opts.withDefaults(coll.Name()), "insert", ins.commit)
	return ins, err
}

// Insert inserts one document.
func (ins *Inserter[T]) Insert(ctx context.Context, doc T) error {
	raw, err := Marshal(doc)
	if err != nil {
		return err
	}
	if _, err := raw.LookupErr("_id"); err != nil {
		return fmt.Errorf("insert into %s: the document has no _id, which makes a retry safe: %w", ins.coll.Name(), err)
	}
	return ins.committer.do(ctx, raw)
}

// Close refuses further documents and waits for those that were handed over, or until ctx ends.
func (ins *Inserter[T]) Close(ctx context.Context) error { return ins.committer.stop(ctx) }

// commit inserts a batch, and once more what had an unknown outcome.
func (ins *Inserter[T]) commit(ctx context.Context, batch []*job[bson.Raw]) {
	unclear, _ := ins.attempt(ctx, batch, func(j *job[bson.Raw], err error) { j.finish(err) })
	if len(unclear) == 0 {
		return
	}
	still, cause := ins.attempt(ctx, unclear, func(j *job[bson.Raw], err error) { j.finish(ins.judge(ctx, j.item, err)) })
	for _, j := range still {
		j.finish(errs.OutcomeUnknown(cause))
	}
}

// attempt inserts documents in one round trip, settles those with a definite answer and returns the others, and why.
func (ins *Inserter[T]) attempt(ctx context.Context, batch []*job[bson.Raw], settle func(*job[bson.Raw], error)) ([]*job[bson.Raw], error) {
	docs := make([]bson.Raw, len(batch))
	for i, j := range batch {
		docs[i] = j.item
	}
	err := ins.insertMany(ctx, docs)
	var bulk mongo.BulkWriteException
	switch {
	case err == nil:
		for _, j := range batch {
			settle(j, nil)
		}
		return nil, nil
	case errors.As(err, &bulk) && bulk.WriteConcernError == nil && len(bulk.WriteErrors) > 0:
		return settleEach(batch, bulk, settle), err
	case IsUnknownOutcome(err):
		return batch, err
	case len(batch) == 1:
		settle(batch[0], err)
		return nil, nil
	}
	// The whole command was refused, perhaps because of one document: ask for each alone.
	var unclear []*job[bson.Raw]
	for _, j := range batch {
		still, cause := ins.attempt(ctx, []*job[bson.Raw]{j}, settle)
		if unclear = append(unclear, still...); cause != nil {
			err = cause
		}
	}
	return unclear, err
}

// settleEach reads the errors of a batch by index: no error means inserted.
func settleEach(batch []*job[bson.Raw], bulk mongo.BulkWriteException, settle func(*job[bson.Raw], error)) []*job[bson.Raw] {
	failed := make(map[int]mongo.WriteError, len(bulk.WriteErrors))
	for _, we := range bulk.WriteErrors {
		failed[we.Index] = we.WriteError
	}
	var unclear []*job[bson.Raw]
	for i, j := range batch {
		we, isFailed := failed[i]
		if !isFailed {
			settle(j, nil)
			continue
		}
		err := mongo.WriteException{WriteErrors: mongo.WriteErrors{we}}
		if IsUnknownOutcome(err) {
			unclear = append(unclear, j)
			continue
		}
		settle(j, err)
	}
	return unclear
}

// judge decides what the answer to a retry means: a duplicate may be the document of the first attempt.
func (ins *Inserter[T]) judge(ctx context.Context, doc bson.Raw, err error) error {
	if !IsDuplicate(err) {
		return err
	}
	stored, findErr := ins.coll.FindOne(ctx, bson.D{{Key: "_id", Value: doc.Lookup("_id")}}).Raw()
	switch {
	case errors.Is(findErr, mongo.ErrNoDocuments):
		return err // another unique index refused it
	case findErr != nil:
		return errs.OutcomeUnknown(findErr)
	case ins.idempotent:
		return nil
	case !bytes.Equal(stored, doc):
		return err // somebody else's
	default:
		return errs.OutcomeUnknown(err)
	}
}
