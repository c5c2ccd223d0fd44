package mongox

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/faultpoint"
)

// SavedBy is the field by which a document tells which save wrote it. Replacer adds it; the structs of documents do not
// declare it, and other writers of single fields leave it alone.
const SavedBy = "saved_by"

// ErrConflict says that a document was not saved because its version is not the expected one, or there is no such
// document.
var ErrConflict = errors.New("the document was changed by somebody else: load it again and repeat the change")

// Replacer saves whole documents by compare-and-set on their version, many callers' with few round trips. A batch is one
// unordered update command. When the reply counts as many matches as there were documents, all of them won; otherwise
// the documents are read back, and each save token tells whose save it was. Each caller gets its own result:
//
//   - nil: the document is durable with the new version;
//   - ErrConflict: somebody else's write made the version differ; nothing was written;
//   - errs.OutcomeUnknown (IsUnknownOutcome): it may have been written, also after retries, or was overwritten before
//     that could be found out; load the document and see;
//   - another error: refused for good.
//
// Every writer of the collection increments version with every write: that is what makes the answers exact.
type Replacer struct {
	coll      *mongo.Collection
	committer *committer[replacement]
	tokens    tokens
	// bulk saves a batch and returns how many documents matched.
	bulk func(ctx context.Context, batch []*job[replacement]) (matched int, err error)
	// stamps reads who saved the documents with these ids last.
	stamps func(ctx context.Context, ids []string) (map[string]stamp, error)
}

// replacement is one save: the document with its token, and the version it replaces.
type replacement struct {
	id       string
	expected int64
	token    string
	doc      bson.Raw
}

// stamp is what reading back tells about a document.
type stamp struct {
	ID      string `bson:"_id"`
	Version int64  `bson:"version"`
	SavedBy string `bson:"saved_by"`
}

// NewReplacer returns a replacer, whose goroutines end with Close.
func NewReplacer(coll *mongo.Collection, opts BatchOptions) (*Replacer, error) {
	r := &Replacer{coll: coll, tokens: newTokens()}
	r.bulk, r.stamps = r.bulkWrite, r.readStamps
	var err error
	r.committer, err = newCommitter(opts.withDefaults(coll.Name()), "replace", r.commit)
	return r, err
}

// Replace saves doc over the stored document if its version is the expected one. The document's own version must be
// expected+1, and its _id the given one.
func (r *Replacer) Replace(ctx context.Context, id string, expected int64, doc any) error {
	raw, err := Marshal(doc)
	if err != nil {
		return err
	}
	if own, ok := raw.Lookup("_id").StringValueOK(); !ok || own != id {
		return fmt.Errorf("save %s of %s: the document's _id is %q, it must be the same", id, r.coll.Name(), own)
	}
	if version, ok := raw.Lookup("version").AsInt64OK(); !ok || version != expected+1 {
		return fmt.Errorf("save %s of %s: the document's version is %d, it must be %d, one above the expected", id, r.coll.Name(), version, expected+1)
	}
	if _, err := raw.LookupErr(SavedBy); err == nil {
		return fmt.Errorf("save %s of %s: the field %s belongs to the replacer, remove it from the document", id, r.coll.Name(), SavedBy)
	}
	token := r.tokens.next()
	return r.committer.do(ctx, replacement{id: id, expected: expected, token: token, doc: appendString(raw, SavedBy, token)})
}

// Close refuses further documents and waits for those that were handed over, or until ctx ends.
func (r *Replacer) Close(ctx context.Context) error { return r.committer.stop(ctx) }

// bulkAttempts is how often a batch is sent before what is left is saved one by one.
const bulkAttempts = 2

// commit saves a batch. Sending a save again is safe: all its attempts carry the same token and expect the same version,
// so at most one of them can match.
func (r *Replacer) commit(ctx context.Context, batch []*job[replacement]) {
	// Batches that are under way together lock rows in the same order.
	slices.SortStableFunc(batch, func(a, b *job[replacement]) int { return cmp.Compare(a.item.id, b.item.id) })
	var cause error
	for attempt := range bulkAttempts {
		matched, err := r.bulk(ctx, batch)
		if err == nil && matched == len(batch) {
			finishAll(batch, nil)
			return
		}
		if attempt > 0 || err != nil {
			matched = unknown
		}
		cause = errors.Join(cause, err)
		if batch = r.resolve(ctx, batch, matched, cause); len(batch) == 0 {
			return
		}
	}
	for _, j := range batch {
		r.single(ctx, j, cause)
	}
}

// single saves one document alone, for its own error.
func (r *Replacer) single(ctx context.Context, j *job[replacement], cause error) {
	matched, err := r.bulk(ctx, []*job[replacement]{j})
	switch {
	case err == nil && matched == 1:
		j.finish(nil)
	case err != nil && !IsUnknownOutcome(err):
		j.finish(definiteError(err))
	default:
		cause = errors.Join(cause, err)
		finishAll(r.resolve(ctx, []*job[replacement]{j}, unknown, cause), errs.OutcomeUnknown(cause))
	}
}

// unknown is the number of matches when there was no reply, or an earlier attempt may have matched too.
const unknown = -1

// resolve reads back who saved what, finishes every job whose result is certain or can not become so, and returns those
// whose document still has the expected version. A known number of matches tells more about documents that somebody
// wrote again in the meantime.
func (r *Replacer) resolve(ctx context.Context, batch []*job[replacement], matched int, cause error) []*job[replacement] {
	ids := make([]string, len(batch))
	for i, j := range batch {
		ids[i] = j.item.id
	}
	found, err := r.stamps(ctx, ids)
	if err != nil {
		finishAll(batch, errs.OutcomeUnknown(errors.Join(cause, err)))
		return nil
	}
	var again, overwritten []*job[replacement]
	won := 0
	for _, j := range batch {
		at, exists := found[j.item.id]
		switch {
		case exists && at.SavedBy == j.item.token:
			won++
			j.finish(nil)
		case exists && at.Version == j.item.expected:
			again = append(again, j)
		case exists && at.Version > j.item.expected+1:
			overwritten = append(overwritten, j)
		default:
			// One write made the next version, and it was not this one. Or there never was such a version.
			j.finish(ErrConflict)
		}
	}
	switch matched {
	case won:
		finishAll(overwritten, ErrConflict)
	case won + len(overwritten):
		finishAll(overwritten, nil)
	default:
		finishAll(overwritten, errs.OutcomeUnknown(cause))
	}
	return again
}

func (r *Replacer) bulkWrite(ctx context.Context, batch []*job[replacement]) (int, error) {
	models := make([]mongo.WriteModel, len(batch))
	for i, j := range batch {
		models[i] = mongo.NewReplaceOneModel().
			SetFilter(bson.D{{Key: "_id", Value: j.item.id}, {Key: "version", Value: j.item.expected}}).
			SetReplacement(j.item.doc)
	}
	faultpoint.Reached("before replace")
	result, err := r.coll.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	faultpoint.Reached("after replace")
	if err != nil || result == nil {
		return 0, err
	}
	return int(result.MatchedCount), nil
}

func (r *Replacer) readStamps(ctx context.Context, ids []string) (map[string]stamp, error) {
	// What is read back decides, so it must not be rolled back.
	durable := r.coll.Clone(options.Collection().SetReadConcern(readconcern.Majority()).SetReadPreference(readpref.Primary()))
	cursor, err := durable.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}},
		options.Find().SetProjection(bson.D{{Key: "version", Value: 1}, {Key: SavedBy, Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("read back the saves of %s: %w", r.coll.Name(), err)
	}
	var all []stamp
	if err := cursor.All(ctx, &all); err != nil {
		return nil, fmt.Errorf("read back the saves of %s: %w", r.coll.Name(), err)
	}
	found := make(map[string]stamp, len(all))
	for _, s := range all {
		found[s.ID] = s
	}
	return found, nil
}

func finishAll(batch []*job[replacement], err error) {
	for _, j := range batch {
		j.finish(err)
	}
}

// definiteError is the error of the only document of a batch.
func definiteError(err error) error {
	var bulk mongo.BulkWriteException
	if errors.As(err, &bulk) && len(bulk.WriteErrors) == 1 {
		return mongo.WriteException{WriteErrors: mongo.WriteErrors{bulk.WriteErrors[0].WriteError}}
	}
	return err
}

// tokens makes short strings that no other save anywhere carries.
type tokens struct {
	prefix string
	last   *atomic.Uint64
}

func newTokens() tokens { return tokens{prefix: rand.Text()[:16], last: new(atomic.Uint64)} }

func (t tokens) next() string { return t.prefix + "-" + strconv.FormatUint(t.last.Add(1), 36) }

// appendString returns the document with one more field at its end.
func appendString(doc bson.Raw, key, value string) bson.Raw {
	out := make([]byte, 0, len(doc)+len(key)+len(value)+7)
	out = append(out, doc[:len(doc)-1]...)
	out = append(append(append(out, byte(bson.TypeString)), key...), 0)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(value)+1))
	out = append(append(append(out, value...), 0), 0)
	binary.LittleEndian.PutUint32(out, uint32(len(out)))
	return out
}
