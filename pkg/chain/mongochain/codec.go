package mongochain

import (
	"bytes"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/command"
)

// codec turns entries into documents and back. Bodies use their json tags, whatever the client's options are.
type codec[B any] struct{}

// document is what is stored.
type document[B any] struct {
	ID          string    `bson:"_id"`
	Key         string    `bson:"k"`
	Seq         int64     `bson:"s"`
	Command     string    `bson:"c"`
	CommandHash []byte    `bson:"ch"`
	At          time.Time `bson:"t"`
	Prev        []byte    `bson:"p"`
	Hash        []byte    `bson:"h"`
	Body        B         `bson:"b"`
}

// maxDocument is the largest document the protocol carries, with room for what surrounds it.
const maxDocument = 16<<20 - 16<<10

// encode writes the document of an entry at the end of buf and returns it.
func (codec[B]) encode(buf *bytes.Buffer, e *chain.Entry[B]) (bson.Raw, error) {
	start := buf.Len()
	doc := &document[B]{
		ID: documentID(e.Key, e.Seq), Key: e.Key, Seq: e.Seq, Command: e.Command.ID, CommandHash: e.Command.Hash[:],
		At: e.At, Prev: e.Prev[:], Hash: e.Hash[:], Body: e.Body,
	}
	enc := bson.NewEncoder(bson.NewDocumentWriter(buf))
	enc.UseJSONStructTags()
	if err := enc.Encode(doc); err != nil {
		return nil, fmt.Errorf("%w: write %s as BSON: %w", chain.ErrRejected, doc.ID, err)
	}
	raw := buf.Bytes()[start:]
	if len(raw) > maxDocument {
		return nil, fmt.Errorf("%w: %s has %d bytes as BSON, at most %d fit", chain.ErrRejected, doc.ID, len(raw), maxDocument)
	}
	return raw, nil
}

// decode reads a document. It returns its place even when the rest cannot be read, or does not belong there.
func (codec[B]) decode(raw bson.Raw) (chain.Place, *chain.Entry[B], error) {
	id, _ := raw.Lookup("_id").StringValueOK()
	place, err := placeOf(id)
	if err != nil {
		return place, nil, err
	}
	var doc document[B]
	dec := bson.NewDecoder(bson.NewDocumentReader(bytes.NewReader(raw)))
	dec.UseJSONStructTags()
	if err := dec.Decode(&doc); err != nil {
		return place, nil, fmt.Errorf("read %s: %w", id, err)
	}
	if doc.Key != place.Key || doc.Seq != place.Seq {
		return place, nil, fmt.Errorf("%s holds %s", id, documentID(doc.Key, doc.Seq))
	}
	e := &chain.Entry[B]{
		Key: doc.Key, Seq: doc.Seq, Command: command.Command{ID: doc.Command}, At: doc.At.UTC(), Body: doc.Body,
	}
	if copy(e.Command.Hash[:], doc.CommandHash) != len(doc.CommandHash) || copy(e.Prev[:], doc.Prev) != len(doc.Prev) ||
		copy(e.Hash[:], doc.Hash) != len(doc.Hash) {
		return place, nil, fmt.Errorf("%s: a hash has the wrong length", id)
	}
	return place, e, nil
}
