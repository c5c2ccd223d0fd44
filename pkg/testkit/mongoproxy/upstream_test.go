package mongoproxy

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

// upstream is a server that says ok to every command and remembers them.
type upstream struct {
	listener net.Listener
	serving  sync.WaitGroup

	mu   sync.Mutex
	done []string
}

func startUpstream(t *testing.T) *upstream {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := &upstream{listener: listener}
	u.serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			u.serving.Go(func() { u.serve(conn) })
		}
	})
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		u.serving.Wait()
	})
	return u
}

func (u *upstream) uri() string { return "mongodb://" + u.listener.Addr().String() }

func (u *upstream) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	for {
		m, err := readMessage(conn)
		if err != nil {
			return
		}
		name := "unread"
		if m.opCode() == opMsg {
			cmd, err := m.command()
			if err != nil {
				return
			}
			if name = cmd.Name; cmd.unanswered {
				name += " unanswered"
			}
		}
		u.mu.Lock()
		u.done = append(u.done, name)
		u.mu.Unlock()
		answer, err := newMessage(1, m.requestID(), bson.D{{Key: "ok", Value: 1.0}})
		if err != nil {
			return
		}
		if name == "insert unanswered" {
			continue
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// commands returns what the server has done.
func (u *upstream) commands() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.done)
}

// client is a raw connection through the proxy.
type client struct {
	t    *testing.T
	conn net.Conn
	last uint32
}

func dial(t *testing.T, p *Proxy) *client {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	deadline, _ := testkit.Context(t).Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &client{t: t, conn: conn}
}

// send sends an insert into a collection with two documents in a sequence, and returns the id of the request.
func (c *client) send(collection string, flags uint32) uint32 {
	c.t.Helper()
	c.last++
	m, err := newMessage(c.last, 0, bson.D{{Key: "insert", Value: collection}, {Key: "$db", Value: "db"}})
	if err != nil {
		c.t.Fatal(err)
	}
	doc, err := bson.Marshal(bson.D{{Key: "_id", Value: int32(1)}})
	if err != nil {
		c.t.Fatal(err)
	}
	sequence := append(append([]byte("\x00\x00\x00\x00documents\x00"), doc...), doc...)
	binary.LittleEndian.PutUint32(sequence, uint32(len(sequence)))
	m = append(append(m, sectionSequence), sequence...)
	if flags&flagChecksum != 0 {
		m = append(m, 1, 2, 3, 4)
	}
	binary.LittleEndian.PutUint32(m, uint32(len(m)))
	binary.LittleEndian.PutUint32(m[headerSize:], flags)
	if _, err := c.conn.Write(m); err != nil {
		c.t.Fatal(err)
	}
	return c.last
}

// receive reads an answer to a request and returns its code: 0 for ok.
func (c *client) receive(request uint32) int32 {
	c.t.Helper()
	m, err := readMessage(c.conn)
	if err != nil {
		c.t.Fatalf("no answer: %v", err)
	}
	if m.responseTo() != request {
		c.t.Fatalf("an answer to request %d, want %d", m.responseTo(), request)
	}
	code, _ := bson.Raw(m[headerSize+5:]).Lookup("code").Int32OK()
	return code
}

// wantCut fails unless the connection has been closed without an answer.
func (c *client) wantCut() {
	c.t.Helper()
	var timeout net.Error
	if m, err := readMessage(c.conn); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		c.t.Fatalf("got %v, %v, want a closed connection", m, err)
	} else if errors.Is(err, io.ErrUnexpectedEOF) {
		c.t.Fatal("the connection was closed within an answer")
	}
}
