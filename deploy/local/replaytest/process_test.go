package replaytest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/refersuite/refersuite/deploy/local/internal/cli"
	"github.com/refersuite/refersuite/deploy/local/internal/replay"
)

// childVariable makes this test binary behave as the refersuite binary, so that a test can kill it.
const childVariable = "REPLAYTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "1" {
		os.Exit(cli.Run(context.Background(), "test", os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// process is a replay that runs in a process of its own.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	ended          chan error
}

// start starts a replay. With durable unset it keeps everything in memory.
func start(t *testing.T, durable bool, args ...string) *process {
	t.Helper()
	p := &process{t: t, ended: make(chan error, 1)}
	p.cmd = exec.Command(os.Args[0], append([]string{"replay", "--report", "json", "--quiet"}, args...)...)
	for _, entry := range os.Environ() {
		if durable || !strings.HasPrefix(entry, "MONGODB_URI=") && !strings.HasPrefix(entry, "REDIS_URL=") {
			p.cmd.Env = append(p.cmd.Env, entry)
		}
	}
	p.cmd.Env = append(p.cmd.Env, childVariable+"=1", "XDG_CONFIG_HOME="+t.TempDir())
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(func() {
		// It has ended already unless the test failed.
		if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("kill the replay: %v", err)
		}
	})
	return p
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatalf("kill the replay: %v\n%s", err, p.stderr.String())
	}
	if err := <-p.ended; err == nil {
		p.t.Fatal("the replay ended by itself before it was killed")
	}
}

// running fails the test if the process has ended.
func (p *process) running() {
	p.t.Helper()
	select {
	case err := <-p.ended:
		p.t.Fatalf("the replay ended before it could be disturbed: %v\n%s", err, p.stderr.String())
	default:
	}
}

// report waits for the end and reads the report.
func (p *process) report() replay.Report {
	p.t.Helper()
	if err := <-p.ended; err != nil {
		p.t.Fatalf("replay: %v\n%s\n%s", err, p.stdout.String(), p.stderr.String())
	}
	var r replay.Report
	if err := json.Unmarshal(p.stdout.Bytes(), &r); err != nil {
		p.t.Fatalf("the report is not JSON: %v\n%s", err, p.stdout.String())
	}
	return r
}
