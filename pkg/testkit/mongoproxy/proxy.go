// Package mongoproxy stands between a test's client and a document store, understands as much of the MongoDB wire
// protocol as it needs to tell one command from another, and does to chosen commands what networks and failovers do:
// connections cut before or after the server worked, replies held back, delayed or lost, and a primary that stepped down.
//
// A test says which commands are hit (Match), by what (Fault) and how often, and learns when that has happened (Rule);
// nothing depends on timing. A Proxy speaks plain TCP to one server. Messages that are not OP_MSG, such as the first
// handshake of a connection, pass unseen.
package mongoproxy

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// Proxy listens on a loopback port and forwards to one server. It is safe for concurrent use.
type Proxy struct {
	listener net.Listener
	upstream *url.URL
	ctx      context.Context // of the dials; ends with the proxy
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu       sync.Mutex
	rules    []*Rule
	sessions map[*session]struct{}
	refusing bool
	closed   bool
}

// Start returns a proxy for the one server that a mongodb:// address names. At the end of the test it cuts what is still
// connected and waits for its goroutines.
func Start(t testing.TB, upstreamURI string) *Proxy {
	t.Helper()
	upstream, err := url.Parse(upstreamURI)
	if err != nil || upstream.Scheme != "mongodb" || upstream.Host == "" || strings.Contains(upstream.Host, ",") {
		t.Fatal("the proxy needs the address of one server, as mongodb://host:port/")
	}
	if query := upstream.Query(); query.Get("tls") == "true" || query.Get("ssl") == "true" {
		t.Fatal("the proxy cannot read what TLS encrypts: give an address without it")
	}
	if upstream.Port() == "" {
		upstream.Host = net.JoinHostPort(upstream.Hostname(), "27017")
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen for the proxy: %v", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	p := &Proxy{listener: listener, upstream: upstream, ctx: ctx, cancel: cancel, sessions: map[*session]struct{}{}}
	p.running.Go(p.accept)
	t.Cleanup(func() {
		if err := p.close(); err != nil {
			t.Errorf("close the proxy: %v", err)
		}
	})
	return p
}

// URI returns the address of the server through the proxy, with the credentials, database and options of the given one,
// as a direct connection without compression. Options such as "timeoutMS=500" are added or replace those of the same name.
func (p *Proxy) URI(options ...string) string {
	through := *p.upstream
	through.Host = p.listener.Addr().String()
	if through.Path == "" {
		through.Path = "/"
	}
	query := through.Query()
	for _, unfit := range []string{"compressors", "replicaSet", "loadBalanced"} {
		query.Del(unfit)
	}
	query.Set("directConnection", "true")
	for _, option := range options {
		name, value, _ := strings.Cut(option, "=")
		query.Set(name, value)
	}
	through.RawQuery = query.Encode()
	return through.String()
}

// Add makes the next commands that match suffer a fault: as many as times says, or until Remove for Always. Of several
// rules that match, the one added first is applied.
func (p *Proxy) Add(match Match, fault Fault, times int) *Rule {
	rule := newRule(p, match, fault, times)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = append(p.rules, rule)
	return rule
}

// CutAll closes every connection at once. New ones are accepted.
func (p *Proxy) CutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.sessions {
		s.cut()
	}
}

// Refuse makes the server look away for new connections, which are closed before anything is read from them, or present
// again. With CutAll it is gone for everybody.
func (p *Proxy) Refuse(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusing = refuse
}

// accept serves connections until the listener is closed.
func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			p.admit(client)
		}
	}
}

// admit starts a session, unless the proxy refuses or is closing.
func (p *Proxy) admit(client net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := newSession(p, client)
	if p.refusing || p.closed {
		s.cut()
		return
	}
	p.sessions[s] = struct{}{}
	p.running.Go(func() {
		s.run(p.ctx, p.upstream.Host)
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.sessions, s)
	})
}

// take returns the rule that a command suffers and uses it once, or nil.
func (p *Proxy) take(cmd Command) *Rule {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, rule := range p.rules {
		if rule.left != 0 && rule.concerns(cmd) {
			if rule.left > 0 {
				rule.left--
			}
			return rule
		}
	}
	return nil
}

func (p *Proxy) close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	err := p.listener.Close()
	p.cancel()
	p.CutAll()
	p.running.Wait()
	return err
}
