package mongoproxy

import (
	"context"
	"net"
	"sync"
)

// session is one connection of a client with the connection to the server behind it.
type session struct {
	proxy  *Proxy
	client net.Conn
	ended  chan struct{}

	mu      sync.Mutex
	server  net.Conn // nil until dialled
	over    bool
	pending map[uint32]hit // requests whose reply suffers, by request id

	replies sync.Mutex // held while a message is written to the client
}

// hit is a command and the rule it suffers.
type hit struct {
	rule *Rule
	cmd  Command
}

func newSession(p *Proxy, client net.Conn) *session {
	return &session{proxy: p, client: client, ended: make(chan struct{}), pending: map[uint32]hit{}}
}

// run forwards in both directions until either side goes away or a fault cuts the connection.
func (s *session) run(ctx context.Context, upstream string) {
	defer s.cut()
	server, err := new(net.Dialer).DialContext(ctx, "tcp", upstream)
	if err != nil || !s.joined(server) {
		return
	}
	var backwards sync.WaitGroup
	backwards.Go(func() {
		defer s.cut()
		for s.reply() {
		}
	})
	for s.request() {
	}
	s.cut()
	backwards.Wait()
}

// joined takes the connection to the server, or closes it when the session is over already.
func (s *session) joined(server net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server = server
	if s.over {
		_ = server.Close() // nobody is left to be told
	}
	return !s.over
}

// cut closes both connections. Errors of closing are not of interest: the session is over anyway.
func (s *session) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	s.over = true
	close(s.ended)
	_ = s.client.Close()
	if s.server != nil {
		_ = s.server.Close()
	}
}

// request passes one message of the client on, and reports whether the session goes on.
func (s *session) request() bool {
	m, err := readMessage(s.client)
	if err != nil {
		return false
	}
	if m.opCode() == opMsg {
		cmd, err := m.command()
		if err != nil {
			return false
		}
		if rule := s.proxy.take(cmd); rule != nil {
			if rule.fault.spares() {
				return s.spare(m, hit{rule, cmd})
			}
			s.mu.Lock()
			s.pending[m.requestID()] = hit{rule, cmd}
			s.mu.Unlock()
		}
	}
	_, err = s.server.Write(m)
	return err == nil
}

// spare applies a fault that the server does not hear of.
func (s *session) spare(m message, h hit) bool {
	h.rule.count(h.cmd)
	return h.rule.fault.kind == stepDownBefore && s.stepDown(m.requestID())
}

// reply passes one message of the server on, and reports whether the session goes on.
func (s *session) reply() bool {
	m, err := readMessage(s.server)
	if err != nil {
		return false
	}
	s.mu.Lock()
	h, hit := s.pending[m.responseTo()]
	delete(s.pending, m.responseTo())
	s.mu.Unlock()
	if hit {
		return s.suffer(m, h)
	}
	return s.write(m)
}

// suffer applies a fault to a reply.
func (s *session) suffer(m message, h hit) bool {
	switch f := h.rule.fault; f.kind {
	case cutAfter:
		h.rule.count(h.cmd)
		return false
	case dropReply:
		h.rule.count(h.cmd)
		return true
	case stepDownAfter:
		h.rule.count(h.cmd)
		return s.stepDown(m.responseTo())
	case hold:
		h.rule.count(h.cmd)
		return wait(s, h.rule.released) && s.write(m)
	case delay:
		timer := f.clock.NewTimer(f.delay)
		defer timer.Stop()
		h.rule.count(h.cmd)
		return wait(s, timer.C()) && s.write(m)
	case none, cutBefore, stepDownBefore: // nothing that concerns replies
	}
	return s.write(m)
}

// wait blocks until something comes, or reports false when the session ends first.
func wait[T any](s *session, signal <-chan T) bool {
	select {
	case <-signal:
		return true
	case <-s.ended:
		return false
	}
}

// stepDown answers a request in the name of a server that is no longer primary.
func (s *session) stepDown(request uint32) bool {
	m, err := notWritablePrimary(request)
	return err == nil && s.write(m)
}

func (s *session) write(m message) bool {
	s.replies.Lock()
	defer s.replies.Unlock()
	_, err := s.client.Write(m)
	return err == nil
}
