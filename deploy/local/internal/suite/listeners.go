package suite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
)

// The listeners that are not those of a service.
const (
	restListener = "rest"
	edgeListener = "edge"
	opsListener  = "ops"
)

// Names are the services in the order in which they start: those that are called come before those that call.
var Names = []string{"leaderboard", "fraud", "wallet", "tier", "referral"}

// listeners are opened before anything starts, so that every part knows where the others are.
type listeners map[string]net.Listener

func listen(ctx context.Context, o Options) (listeners, error) {
	host := o.Host
	if host == "" {
		host = "127.0.0.1"
	}
	open := listeners{}
	for _, name := range append([]string{restListener, edgeListener, opsListener}, Names...) {
		address := net.JoinHostPort(host, strconv.Itoa(o.Ports[name]))
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listen on %s for %s (use --free-ports to take any that is free): %w", address, name, err),
				open.close())
		}
		open[name] = listener
	}
	return open, nil
}

func (l listeners) address(name string) string { return l[name].Addr().String() }

// close closes what nobody serves; a listener that was served is closed already.
func (l listeners) close() error {
	var problems []error
	for _, listener := range l {
		if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}
