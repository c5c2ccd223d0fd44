package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/command"
)

// Entry is one immutable link of a chain. Nobody changes an entry, or what its body refers to, after it was made.
type Entry[B any] struct {
	// Key names the chain.
	Key string
	// Seq is the position in the chain, from 1, without gaps.
	Seq int64
	// Command caused the entry. Its id is unique in the chain.
	Command command.Command
	// At is when the entry was made, in UTC milliseconds. It never runs backwards within a chain.
	At time.Time
	// Body is the state after this step. It must survive a round trip through JSON and BSON unchanged.
	Body B
	// Prev is the hash of the entry before, zero for the first.
	Prev [sha256.Size]byte
	// Hash covers all fields above, see Entry.Sum.
	Hash [sha256.Size]byte
}

// scratch is a buffer with a JSON encoder that writes to it, kept between sums.
type scratch struct {
	buf bytes.Buffer
	enc *json.Encoder
}

var scratches = sync.Pool{New: func() any {
	s := &scratch{}
	s.enc = json.NewEncoder(&s.buf)
	return s
}}

// Sum computes what Hash must be: SHA-256 over the previous hash, key, sequence, command id, command hash, time in
// milliseconds (strings preceded by their length, numbers in big endian) and the body as encoding/json writes it. It fails
// when the body cannot be written as JSON.
func (e *Entry[B]) Sum() ([sha256.Size]byte, error) {
	s, ok := scratches.Get().(*scratch)
	if !ok {
		return [sha256.Size]byte{}, fmt.Errorf("sum of %s: no buffer", e.Key)
	}
	defer scratches.Put(s)
	s.buf.Reset()
	b := s.buf.AvailableBuffer()
	b = append(b, e.Prev[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.Key)))
	b = append(b, e.Key...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.Command.ID)))
	b = append(b, e.Command.ID...)
	b = append(b, e.Command.Hash[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMilli()))
	s.buf.Write(b)
	if err := s.enc.Encode(&e.Body); err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("write body of %s#%d as JSON: %w", e.Key, e.Seq, err)
	}
	// The encoder ends with a newline that json.Marshal does not write.
	return sha256.Sum256(s.buf.Bytes()[:s.buf.Len()-1]), nil
}
