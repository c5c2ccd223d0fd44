package suite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
)

// Suite is a running suite.
type Suite struct {
	// RESTURL is where the REST edge is, such as http://127.0.0.1:8080.
	RESTURL string
	// OpsURL is where /metrics, /healthz and /readyz of the whole process are.
	OpsURL string
	// EdgeAddr is the address of the gRPC edge, which offers all services.
	EdgeAddr string
	// Addrs are the gRPC addresses of the services by name.
	Addrs map[string]string

	shared *shared
	open   listeners
	units  []*unit
	failed chan struct{}
}

// Start starts every part and returns when all of them listen. Stop must be called at the end.
func Start(ctx context.Context, o Options) (*Suite, error) {
	open, err := listen(ctx, o)
	if err != nil {
		return nil, err
	}
	shared, err := newShared(ctx, o)
	if err != nil {
		return nil, errors.Join(err, open.close())
	}
	s := &Suite{
		RESTURL:  "http://" + open.address(restListener),
		OpsURL:   "http://" + open.address(opsListener),
		EdgeAddr: open.address(edgeListener),
		Addrs:    map[string]string{},
		shared:   shared, open: open, failed: make(chan struct{}),
	}
	for _, name := range Names {
		s.Addrs[name] = open.address(name)
	}
	if err := s.startUnits(ctx); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	s.watch()
	return s, nil
}

func (s *Suite) startUnits(ctx context.Context) error {
	for _, name := range Names {
		unit, err := startNamed(ctx, s.shared, name, s.open)
		if err != nil {
			return err
		}
		s.units = append(s.units, unit)
	}
	edge, err := startGateway(ctx, s)
	if err != nil {
		return err
	}
	s.units = append(s.units, edge)
	s.units = append(s.units, launch(ctx, opsListener, func(ctx context.Context) error { return serveOps(ctx, s) }))
	return nil
}

// watch closes failed as soon as one part ends.
func (s *Suite) watch() {
	ended := make(chan struct{}, len(s.units))
	for _, unit := range s.units {
		go func() {
			<-unit.ended
			ended <- struct{}{}
		}()
	}
	go func() {
		<-ended
		close(s.failed)
	}()
}

// Failed is closed when a part of the suite ended, be it by a failure or by Stop.
func (s *Suite) Failed() <-chan struct{} { return s.failed }

// stopTimeout is how long each part has to end.
const stopTimeout = 30 * time.Second

// Stop stops the parts one after the other, the edge first, and returns what went wrong with any of them.
func (s *Suite) Stop(ctx context.Context) error {
	var problems []error
	for i := len(s.units) - 1; i >= 0; i-- {
		unit := s.units[i]
		unit.stop()
		patience := s.shared.clock.NewTimer(stopTimeout)
		select {
		case <-unit.ended:
			problems = append(problems, unit.err)
		case <-patience.C():
			problems = append(problems, fmt.Errorf("%s did not stop within %s", unit.name, stopTimeout))
		}
		patience.Stop()
	}
	return errors.Join(errors.Join(problems...), s.open.close(), s.shared.close(ctx))
}

// Token mints a development token.
func (s *Suite) Token(subject string, ttl time.Duration, roles ...string) (string, error) {
	return s.shared.issuer.Issue(subject, roles, ttl)
}

// Clock returns the clock of the suite.
func (s *Suite) Clock() clock.Clock { return s.shared.clock }
