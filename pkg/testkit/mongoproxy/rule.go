package mongoproxy

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Always is the number of times of a rule that is applied until Remove.
const Always = -1

// Match selects commands. An empty field selects all.
type Match struct {
	// Commands are names as they are sent, such as insert or findAndModify.
	Commands []string
	// Database is the name of the database.
	Database string
	// Collection is the name of the collection.
	Collection string
}

// Writes selects the commands that write documents of a collection, or of all when it is empty.
func Writes(collection string) Match {
	return Match{Commands: []string{"insert", "update", "delete", "findAndModify"}, Collection: collection}
}

// Reads selects the commands that read documents of a collection, or of all when it is empty.
func Reads(collection string) Match {
	return Match{Commands: []string{"find", "getMore", "aggregate", "count", "distinct"}, Collection: collection}
}

func (m Match) selects(cmd Command) bool {
	return (len(m.Commands) == 0 || slices.Contains(m.Commands, cmd.Name)) &&
		(m.Database == "" || m.Database == cmd.Database) &&
		(m.Collection == "" || m.Collection == cmd.Collection)
}

// Rule is a fault that waits for its commands.
type Rule struct {
	proxy *Proxy
	match Match
	fault Fault
	left  int // under the proxy's lock; negative is for ever

	released chan struct{}
	release  sync.Once

	mu      sync.Mutex
	fired   []Command
	changed chan struct{} // closed and replaced with every command hit
}

func newRule(p *Proxy, match Match, fault Fault, times int) *Rule {
	return &Rule{
		proxy: p, match: match, fault: fault, left: times,
		released: make(chan struct{}), changed: make(chan struct{}),
	}
}

// concerns tells whether the rule is for a command. A command that wants no reply suffers no faults of replies.
func (r *Rule) concerns(cmd Command) bool {
	return r.match.selects(cmd) && (r.fault.spares() || !cmd.unanswered)
}

// Remove ends the rule. Replies it holds stay held until Release.
func (r *Rule) Remove() {
	r.proxy.mu.Lock()
	defer r.proxy.mu.Unlock()
	r.left = 0
	r.proxy.rules = slices.DeleteFunc(r.proxy.rules, func(other *Rule) bool { return other == r })
}

// Release lets the replies go that Hold keeps back, and those that it would keep back later.
func (r *Rule) Release() { r.release.Do(func() { close(r.released) }) }

// Fired returns how many commands have been hit. A command counts just before its client can notice, and, where the
// fault is of the reply, after the server has done its work.
func (r *Rule) Fired() int { return len(r.Commands()) }

// Commands returns the commands that have been hit, in that order.
func (r *Rule) Commands() []Command {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.fired)
}

// Wait returns when at least n commands have been hit, or with an error when ctx ends first.
func (r *Rule) Wait(ctx context.Context, n int) error {
	for {
		r.mu.Lock()
		fired, changed := len(r.fired), r.changed
		r.mu.Unlock()
		if fired >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s to fire %d times, it did %d times: %w", r.fault, n, fired, ctx.Err())
		}
	}
}

// count records a command that is hit.
func (r *Rule) count(cmd Command) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fired = append(r.fired, cmd)
	close(r.changed)
	r.changed = make(chan struct{})
}
