package mongoproxy

import (
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
)

// Fault is what happens to a command. The zero value is none; take one of the functions.
type Fault struct {
	kind  kind
	clock clock.Clock
	delay time.Duration
}

// kind tells faults apart.
type kind int

const (
	none kind = iota
	cutBefore
	cutAfter
	hold
	delay
	dropReply
	stepDownBefore
	stepDownAfter
)

// CutBefore closes the connection instead of forwarding the command: nothing was done.
func CutBefore() Fault { return Fault{kind: cutBefore} }

// CutAfter closes the connection when the reply arrives: what was asked for was done, the client does not know.
func CutAfter() Fault { return Fault{kind: cutAfter} }

// Hold keeps the reply back until Rule.Release. The connection passes nothing else meanwhile.
func Hold() Fault { return Fault{kind: hold} }

// Delay keeps the reply back for a time on a clock. The rule has fired once the clock's timer runs.
func Delay(c clock.Clock, d time.Duration) Fault { return Fault{kind: delay, clock: c, delay: d} }

// DropReply swallows the reply and leaves the connection open, so that only the client's own deadline helps.
func DropReply() Fault { return Fault{kind: dropReply} }

// NotWritablePrimary answers as a server that has just stepped down (code 10107, to be retried), without forwarding the
// command: nothing was done.
func NotWritablePrimary() Fault { return Fault{kind: stepDownBefore} }

// NotWritablePrimaryAfter answers as a server that stepped down while it worked: what was asked for was done and is kept.
func NotWritablePrimaryAfter() Fault { return Fault{kind: stepDownAfter} }

// String returns the name of the fault, for test names.
func (f Fault) String() string {
	switch f.kind {
	case none:
		return "None"
	case cutBefore:
		return "CutBefore"
	case cutAfter:
		return "CutAfter"
	case hold:
		return "Hold"
	case delay:
		return "Delay"
	case dropReply:
		return "DropReply"
	case stepDownBefore:
		return "NotWritablePrimary"
	case stepDownAfter:
		return "NotWritablePrimaryAfter"
	}
	return "unknown"
}

// spares says that the command is not forwarded.
func (f Fault) spares() bool { return f.kind == cutBefore || f.kind == stepDownBefore }
