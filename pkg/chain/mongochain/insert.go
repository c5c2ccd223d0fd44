package mongochain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/faultpoint"
)

// maxMessage is how many bytes of documents one insert carries, where the protocol allows 48,000,000 with what surrounds them.
// A larger document goes alone.
const maxMessage = 32 << 20

// Insert implements chain.Store with one ordered insert, or several in order if one cannot carry all.
func (s *Store[B]) Insert(ctx context.Context, entries []*chain.Entry[B]) (int, error) {
	docs, refused := s.encodeAll(entries)
	for inserted := 0; inserted < len(docs); {
		message := docs[inserted : inserted+carried(docs[inserted:])]
		if faultpoint.Enabled {
			faultpoint.Reached("before insert " + s.place(message))
		}
		if err := s.insert(ctx, message); err != nil {
			at, err := stop(err)
			return inserted + at, err
		}
		if faultpoint.Enabled {
			faultpoint.Reached("after insert " + s.place(message))
		}
		inserted += len(message)
	}
	return len(docs), refused
}

// carried returns how many of the documents the next insert carries; one where a fault point lies between each two.
func carried(docs []bson.Raw) int {
	if faultpoint.Enabled {
		return 1
	}
	size := 0
	for i, doc := range docs {
		if size += len(doc); i > 0 && size > maxMessage {
			return i
		}
	}
	return len(docs)
}

// place names the first document of an insert.
func (s *Store[B]) place(docs []bson.Raw) string {
	return s.coll.Name() + " " + docs[0].Lookup("_id").String()
}

// insert sends an insert as it goes over the wire. The driver's InsertMany would look into each document for its id and
// copy it twice, which is a tenth of what a small entry costs. It would also send the insert again after some errors, which
// is left to the log: it knows what to look at before.
func (s *Store[B]) insert(ctx context.Context, docs []bson.Raw) error {
	start, cmd := bsoncore.AppendDocumentStart(make([]byte, 0, commandSize(docs)))
	cmd = bsoncore.AppendStringElement(cmd, "insert", s.coll.Name())
	cmd = bsoncore.AppendBooleanElement(cmd, "ordered", true)
	cmd = bsoncore.AppendDocumentElement(cmd, "writeConcern", durable)
	list, cmd := bsoncore.AppendArrayElementStart(cmd, "documents")
	for i, doc := range docs {
		cmd = bsoncore.AppendDocumentElement(cmd, strconv.Itoa(i), bsoncore.Document(doc))
	}
	cmd, err := bsoncore.AppendArrayEnd(cmd, list)
	if err != nil {
		return fmt.Errorf("write an insert: %w", err)
	}
	if cmd, err = bsoncore.AppendDocumentEnd(cmd, start); err != nil {
		return fmt.Errorf("write an insert: %w", err)
	}
	return s.coll.Database().RunCommand(ctx, bson.Raw(cmd)).Err()
}

// durable is the write concern of inserts: a majority has journaled them.
var durable = bsoncore.NewDocumentBuilder().AppendString("w", "majority").AppendBoolean("j", true).Build()

// commandSize is enough for an insert of the documents.
func commandSize(docs []bson.Raw) int {
	const around, aroundEach = 512, 8
	size := around
	for _, doc := range docs {
		size += len(doc) + aroundEach
	}
	return size
}

// encodeAll returns the documents of the entries before the first that cannot be one.
func (s *Store[B]) encodeAll(entries []*chain.Entry[B]) ([]bson.Raw, error) {
	docs := make([]bson.Raw, 0, len(entries))
	var buf bytes.Buffer
	for _, e := range entries {
		if buf.Len() > 1<<20 {
			buf = bytes.Buffer{}
		}
		raw, err := s.codec.encode(&buf, e)
		if err != nil {
			return docs, err
		}
		docs = append(docs, raw)
	}
	return docs, nil
}

const (
	codeDuplicate = 11000
	codeInvalid   = 121
	codeTooLarge  = 10334
)

// stop tells where and why an ordered insert stopped, if the server said so.
func stop(err error) (int, error) {
	var refused mongo.WriteException
	if !errors.As(err, &refused) || len(refused.WriteErrors) != 1 || refused.WriteConcernError != nil {
		return 0, fmt.Errorf("insert entries: %w", err)
	}
	at := refused.WriteErrors[0]
	switch at.Code {
	case codeDuplicate:
		if isCommandIndex(at) {
			return at.Index, fmt.Errorf("%w: %w", chain.ErrCommandTaken, err)
		}
		return at.Index, fmt.Errorf("%w: %w", chain.ErrSeqTaken, err)
	case codeInvalid, codeTooLarge:
		return at.Index, fmt.Errorf("%w: %w", chain.ErrRejected, err)
	}
	return 0, fmt.Errorf("insert entries: %w", err)
}

// isCommandIndex tells which unique index refused a document. Servers name the index in the message, MongoDB the fields too.
func isCommandIndex(err mongo.WriteError) bool {
	if pattern, ok := err.Raw.Lookup("keyPattern").DocumentOK(); ok {
		_, lookupErr := pattern.LookupErr("c")
		return lookupErr == nil
	}
	return strings.Contains(err.Message, CommandIndex)
}
