package mongochain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/faultpoint"
)

// Insert implements chain.Store with one ordered insert.
func (s *Store[B]) Insert(ctx context.Context, entries []*chain.Entry[B]) (int, error) {
	docs, refused := s.encodeAll(entries)
	if faultpoint.Enabled {
		if inserted, err := s.insertEach(ctx, docs); err != nil {
			return inserted, err
		}
	} else if len(docs) > 0 {
		if _, err := s.coll.InsertMany(ctx, docs); err != nil {
			return stop(err)
		}
	}
	return len(docs), refused
}

// insertEach does what an ordered insert does, one document at a time, with a fault point before and after each.
func (s *Store[B]) insertEach(ctx context.Context, docs []bson.Raw) (int, error) {
	for i, doc := range docs {
		place := s.coll.Name() + " " + doc.Lookup("_id").String()
		faultpoint.Reached("before insert " + place)
		if _, err := s.coll.InsertMany(ctx, []bson.Raw{doc}); err != nil {
			at, err := stop(err)
			return i + at, err
		}
		faultpoint.Reached("after insert " + place)
	}
	return len(docs), nil
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
	var bulk mongo.BulkWriteException
	if !errors.As(err, &bulk) || len(bulk.WriteErrors) != 1 || bulk.WriteConcernError != nil {
		return 0, fmt.Errorf("insert entries: %w", err)
	}
	at := bulk.WriteErrors[0]
	switch at.Code {
	case codeDuplicate:
		if isCommandIndex(at.WriteError) {
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
