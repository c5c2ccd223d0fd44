// Package idgen makes identifiers, through an interface so that tests know them beforehand.
package idgen

import (
	"crypto/rand"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/google/uuid"
)

// Source makes identifiers. Implementations are safe for concurrent use.
type Source interface {
	// NewID returns an identifier that was never returned before.
	NewID() string
}

// UUIDv7 returns a source of version 7 UUIDs, which sort by their time of creation.
func UUIDv7() Source { return uuidSource{} }

type uuidSource struct{}

func (uuidSource) NewID() string { return uuid.Must(uuid.NewV7()).String() }

// Sequence returns a source of prefix-1, prefix-2 and so on, for tests.
func Sequence(prefix string) Source { return &sequence{prefix: prefix} }

type sequence struct {
	prefix string
	last   atomic.Int64
}

func (s *sequence) NewID() string { return fmt.Sprintf("%s-%d", s.prefix, s.last.Add(1)) }

// Random is the source of unpredictable bytes that production code is given.
func Random() io.Reader { return rand.Reader }
