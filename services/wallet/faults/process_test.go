package faults

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/testkit"
)

// binary is a walletd with fault points, and somebody whose tokens it believes.
type binary struct {
	path, keys string
	mongoURI   string
	issuer     *authn.Issuer
}

// build builds walletd with fault points.
func build(t *testing.T) binary {
	t.Helper()
	dir := t.TempDir()
	b := binary{path: filepath.Join(dir, "walletd"), keys: filepath.Join(dir, "keys.json"), mongoURI: testkit.MongoURI(t)}
	compile := exec.CommandContext(t.Context(), "go", "build", "-tags", "faultpoint", "-o", b.path, "../cmd/walletd")
	if output, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("build walletd: %v\n%s", err, output)
	}
	key, err := authn.GenerateKey(idgen.Random())
	must(t, err)
	b.issuer, err = authn.NewIssuer(key, "faults", clock.System())
	must(t, err)
	keys, err := b.issuer.JWKS()
	must(t, err)
	must(t, os.WriteFile(b.keys, keys, 0o600))
	return b
}

// token returns a token for a role.
func (b binary) token(t *testing.T, role string) string {
	t.Helper()
	token, err := b.issuer.Issue("faults", []string{role}, time.Hour)
	must(t, err)
	return token
}

// process is a running walletd.
type process struct {
	cmd    *exec.Cmd
	output output
	ended  chan struct{} // closed when it has ended
	conn   *grpc.ClientConn
}

// start starts walletd on a database and a directory of payout files, and waits until it serves, or has ended already. It is killed at the end of the test.
func (b binary) start(t *testing.T, database, payouts string, environment ...string) *process {
	t.Helper()
	p := &process{ended: make(chan struct{}), output: output{serving: make(chan string, 1)}}
	p.cmd = exec.Command(b.path)
	p.cmd.Env = append([]string{
		"GRPC_ADDR=127.0.0.1:0", "OPS_ADDR=127.0.0.1:0", "MONGODB_URI=" + b.mongoURI, "MONGODB_DATABASE=" + database,
		"AUTH_JWKS_FILE=" + b.keys, "AUTH_ISSUERS=" + b.issuer.Name(),
		"PAYOUT_DIR=" + payouts, "PAYOUT_TIMEOUT=100ms", "REDEMPTION_CANCEL_WINDOW=0s", "RECONCILE_AT=off",
	}, environment...)
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	must(t, p.cmd.Start())
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // the state of the process tells how it ended
	}()
	t.Cleanup(func() {
		if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("kill walletd: %v", err)
		}
		<-p.ended
		if t.Failed() {
			t.Logf("walletd: %s", p.output.text())
		}
	})
	address := "127.0.0.1:1" // where nobody answers
	select {
	case address = <-p.output.serving:
	case <-p.ended:
	case <-testkit.Context(t).Done():
		t.Fatal("walletd does not begin to serve")
	}
	var err error
	p.conn, err = grpc.NewClient("passthrough:"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(func() { must(t, p.conn.Close()) })
	return p
}

// killed waits for the end of a process that no longer answers, and reports whether its fault point ended it.
func (p *process) killed(t *testing.T) bool {
	t.Helper()
	select {
	case <-p.ended:
	case <-testkit.Context(t).Done():
		t.Fatal("walletd neither answers nor ends")
	}
	how, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && how.Signal() == syscall.SIGKILL
}

// stop stops a process in order and reports whether a fault point ended it meanwhile. Any other end fails the test.
func (p *process) stop(t *testing.T) bool {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	killed := p.killed(t)
	if !killed && p.cmd.ProcessState.ExitCode() != 0 {
		t.Fatalf("walletd stopped with %s", p.cmd.ProcessState)
	}
	return killed
}

// output keeps what a process prints and finds the address it serves on.
type output struct {
	mu      sync.Mutex
	all     bytes.Buffer
	scanned int
	serving chan string
}

// Write implements io.Writer.
func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all.Write(data)
	for {
		line, _, whole := strings.Cut(o.all.String()[o.scanned:], "\n")
		if !whole {
			return len(data), nil
		}
		o.scanned += len(line) + 1
		var entry struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "serving" {
			o.serving <- entry.Address
		}
	}
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
