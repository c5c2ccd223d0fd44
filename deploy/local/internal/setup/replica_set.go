package setup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/mongox"
)

// poll is how often a node is asked again.
const poll = 500 * time.Millisecond

// ReplicaSet makes the one MongoDB node at the address a replica set of its own, unless it belongs to one already, and
// returns when the set has a primary. The name of the set is the option replicaSet of the address, or rs0; the node is
// known in it by the host of the address, which every client must be able to reach.
//
// It changes nothing on a server that knows no replica sets (a single mongod, a router, or another engine of the same
// protocol), nor behind an address of several nodes, whose set is somebody else's: there it waits until the store answers.
// An empty address is no store. It tries until ctx ends, so give it a deadline.
func ReplicaSet(ctx context.Context, uri string, clk clock.Clock) error {
	if uri == "" {
		return nil
	}
	found, err := parseAddress(uri)
	if err != nil {
		return err
	}
	target := uri
	if found.direct != "" {
		target = found.direct
	}
	return until(ctx, clk, func(ctx context.Context) error {
		client, err := mongox.Connect(ctx, mongox.Config{URI: target, AppName: "refersuite-init"}, mongox.Deps{})
		if err != nil {
			return err
		}
		if found.direct != "" {
			admin := client.Database("admin")
			err = ensurePrimary(ctx, commands(func(ctx context.Context, command, answer any) error {
				return admin.RunCommand(ctx, command).Decode(answer)
			}), found)
		}
		return errors.Join(err, mongox.Close(context.WithoutCancel(ctx), client))
	})
}

// node is one server of a replica set, or one that could become it.
type node interface {
	// Hello asks the node what it is.
	Hello(ctx context.Context) (hello, error)
	// Initiate begins a replica set whose only member is the node under that host name.
	Initiate(ctx context.Context, set, host string) error
}

// hello is what a node says about itself.
type hello struct {
	// SetName is the replica set it belongs to; empty for none.
	SetName string `json:"setName"`
	// Primary is whether it takes writes.
	Primary bool `json:"isWritablePrimary"`
	// Waiting is whether it was started for a replica set and waits for its configuration.
	Waiting bool `json:"isreplicaset"`
}

// errNoPrimary is worth another try: an election takes a moment.
var errNoPrimary = errors.New("the replica set has no primary yet")

// ensurePrimary does what is missing, once, and says errNoPrimary while the node is not ready.
func ensurePrimary(ctx context.Context, n node, found address) error {
	state, err := n.Hello(ctx)
	if err != nil {
		return fmt.Errorf("ask the node what it is: %w", err)
	}
	switch {
	case state.Waiting:
		if err := n.Initiate(ctx, found.set, found.host); err != nil {
			return fmt.Errorf("initiate replica set %s with %s: %w", found.set, found.host, err)
		}
		return errNoPrimary
	case state.SetName != "" && state.SetName != found.set:
		return &finalError{fmt.Errorf("the node belongs to replica set %s and not to %s: correct the option replicaSet of MONGODB_URI",
			state.SetName, found.set)}
	case state.SetName != "" && !state.Primary:
		return errNoPrimary
	default:
		return nil
	}
}

// finalError ends the tries.
type finalError struct{ cause error }

func (e *finalError) Error() string { return e.cause.Error() }
func (e *finalError) Unwrap() error { return e.cause }

// until tries again and again until it works, is hopeless, or ctx ends; then it tells the last failure.
func until(ctx context.Context, clk clock.Clock, try func(context.Context) error) error {
	for {
		err := try(ctx)
		var final *finalError
		if err == nil || errors.As(err, &final) {
			return err
		}
		if waitErr := clock.Wait(ctx, clk, poll); waitErr != nil {
			return fmt.Errorf("the document store is not ready: %w", errors.Join(err, waitErr))
		}
	}
}
