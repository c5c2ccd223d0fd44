// Package command gives writes an identity. A command's id comes from what it means to the business, never from the
// attempt, so a retry carries the same id. Beside it travels a hash over the command's contents: the receiver can tell a
// replay (same id, same contents) from a mistake (same id, other contents).
package command

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
)

// ReasonReused is the reason of the error for an id that returns with other contents.
const ReasonReused = "COMMAND_ID_REUSED"

// Command identifies one write and its contents.
type Command struct {
	// ID is the business identity, unique for ever where it is used.
	ID string
	// Hash covers the contents.
	Hash [sha256.Size]byte
}

// Field is one named part of a command's contents.
type Field struct {
	name  string
	value []byte
}

// New returns the command with the given id. The schema names the list of fields and its version, such as
// wallet.issue_reward.v1; change it whenever the list changes.
func New(id, schema string, fields ...Field) Command {
	buf := make([]byte, 0, 512)
	buf = appendPart(buf, []byte(schema))
	for _, f := range fields {
		buf = appendPart(buf, []byte(f.name))
		buf = appendPart(buf, f.value)
	}
	return Command{ID: id, Hash: sha256.Sum256(buf)}
}

func appendPart(buf, part []byte) []byte {
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(part)))
	return append(buf, part...)
}

// String is a text field.
func String(name, value string) Field { return Field{name, []byte(value)} }

// Int64 is a number field.
func Int64(name string, value int64) Field {
	return Field{name, binary.BigEndian.AppendUint64(nil, uint64(value))}
}

// Bool is a truth field.
func Bool(name string, value bool) Field {
	if value {
		return Int64(name, 1)
	}
	return Int64(name, 0)
}

// Duration is a length of time.
func Duration(name string, value time.Duration) Field { return Int64(name, int64(value)) }

// Time is a moment, by the millisecond.
func Time(name string, value time.Time) Field {
	if value.IsZero() {
		return String(name, "")
	}
	return Int64(name, value.UnixMilli())
}

// ErrReused returns the error for an id that was used before with other contents.
func ErrReused(id string) error {
	return errs.New(errs.AlreadyExists, ReasonReused,
		"command %q was executed before with other contents: nothing was changed; use a new id for a new command", id)
}
