package mongoproxy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// The parts of the wire protocol that the proxy reads and writes. All numbers are little-endian.
const (
	headerSize = 16
	maxMessage = 48_000_000 // what servers accept

	opMsg = 2013

	flagChecksum   = 1 << 0
	flagMoreToCome = 1 << 1

	sectionBody     = 0
	sectionSequence = 1
)

// errMalformed says that an OP_MSG cannot be read.
var errMalformed = errors.New("malformed OP_MSG")

// Command is what the proxy reads of a request.
type Command struct {
	// Name of the command, such as insert.
	Name string
	// Database the command is for.
	Database string
	// Collection the command is for; empty when it is for none.
	Collection string
	// Documents is the number of documents in the sequence that goes with the command, such as those to insert.
	Documents int

	unanswered bool
}

// message is one message, header included.
type message []byte

func (m message) requestID() uint32  { return binary.LittleEndian.Uint32(m[4:]) }
func (m message) responseTo() uint32 { return binary.LittleEndian.Uint32(m[8:]) }
func (m message) opCode() uint32     { return binary.LittleEndian.Uint32(m[12:]) }

// readMessage reads the next message whole.
func readMessage(r io.Reader) (message, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(header[:])
	if size < headerSize || size > maxMessage {
		return nil, fmt.Errorf("a message of %d bytes: it has %d to %d", size, headerSize, maxMessage)
	}
	m := make(message, size)
	copy(m, header[:])
	_, err := io.ReadFull(r, m[headerSize:])
	return m, err
}

// command reads an OP_MSG request.
func (m message) command() (Command, error) {
	rest := []byte(m[headerSize:])
	if len(rest) < 4 {
		return Command{}, errMalformed
	}
	flags := binary.LittleEndian.Uint32(rest)
	rest = rest[4:]
	if flags&flagChecksum != 0 {
		if len(rest) < 4 {
			return Command{}, errMalformed
		}
		rest = rest[:len(rest)-4]
	}
	cmd := Command{unanswered: flags&flagMoreToCome != 0}
	for len(rest) > 0 {
		section, tail, err := cutSection(rest[1:])
		if err != nil {
			return Command{}, err
		}
		switch rest[0] {
		case sectionBody:
			err = cmd.readBody(section)
		case sectionSequence:
			err = cmd.readSequence(section)
		default:
			err = errMalformed
		}
		if err != nil {
			return Command{}, err
		}
		rest = tail
	}
	if cmd.Name == "" {
		return Command{}, errMalformed
	}
	return cmd, nil
}

// cutSection splits off the first section, or the first document: both begin with their size, which counts itself.
func cutSection(b []byte) (section, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errMalformed
	}
	size := uint64(binary.LittleEndian.Uint32(b))
	if size < 5 || size > uint64(len(b)) {
		return nil, nil, errMalformed
	}
	return b[:size], b[size:], nil
}

// readBody reads the document of a command. Its first element is the command's name, with the collection as value.
func (c *Command) readBody(doc bson.Raw) error {
	first, err := doc.IndexErr(0)
	if err != nil {
		return errMalformed
	}
	c.Name = first.Key()
	c.Collection, _ = first.Value().StringValueOK()
	if c.Name == "getMore" {
		c.Collection, _ = doc.Lookup("collection").StringValueOK()
	}
	c.Database, _ = doc.Lookup("$db").StringValueOK()
	return nil
}

// readSequence counts the documents of a sequence: size, name, zero, documents.
func (c *Command) readSequence(section []byte) error {
	rest := section[4:]
	for len(rest) > 0 && rest[0] != 0 {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return errMalformed
	}
	for rest = rest[1:]; len(rest) > 0; c.Documents++ {
		var err error
		if _, rest, err = cutSection(rest); err != nil {
			return err
		}
	}
	return nil
}

// newMessage returns an OP_MSG with one document.
func newMessage(requestID, responseTo uint32, doc bson.D) (message, error) {
	body, err := bson.Marshal(doc)
	if err != nil {
		return nil, err
	}
	m := make(message, headerSize+5, headerSize+5+len(body))
	m = append(m, body...)
	for at, n := range []uint32{uint32(len(m)), requestID, responseTo, opMsg, 0} {
		binary.LittleEndian.PutUint32(m[4*at:], n)
	}
	m[headerSize+4] = sectionBody
	return m, nil
}

// notWritablePrimary is the answer of a server that is no longer primary.
func notWritablePrimary(request uint32) (message, error) {
	return newMessage(0, request, bson.D{
		{Key: "ok", Value: 0.0},
		{Key: "errmsg", Value: "not primary"},
		{Key: "code", Value: int32(10107)},
		{Key: "codeName", Value: "NotWritablePrimary"},
		{Key: "errorLabels", Value: bson.A{"RetryableWriteError"}},
	})
}
