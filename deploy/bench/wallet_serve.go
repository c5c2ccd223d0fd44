package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"google.golang.org/grpc"

	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/grpcx"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/service"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet"
)

// serveVariable makes this program serve the wallet instead, as its own binary does; its value is the address for profiles.
const serveVariable = "BENCH_SERVES_WALLET"

// serveWallet serves the wallet with the settings of the environment until it is asked to stop or its input ends.
func serveWallet() {
	go func() {
		_, readErr := io.Copy(io.Discard, os.Stdin)
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Signal(syscall.SIGTERM)
		}
		if err = errors.Join(readErr, err); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	}()
	mux := http.NewServeMux()
	mux.HandleFunc("/profile", pprof.Profile)
	server := &http.Server{Addr: os.Getenv(serveVariable), Handler: mux, ReadHeaderTimeout: time.Second}
	go func() { fmt.Fprintln(os.Stderr, "bench:", server.ListenAndServe()) }()
	service.Main(wallet.Name, "bench", func(ctx context.Context, cfg wallet.Config, rt *service.Runtime) (service.Service, error) {
		return wallet.New(ctx, cfg, rt)
	})
}

// walletIssuer makes the tokens of a service that calls wallets, which know its public key from a file.
type walletIssuer struct {
	tokens *authn.ServiceTokens
	dir    string
}

func newWalletIssuer() (*walletIssuer, error) {
	key, err := authn.GenerateKey(idgen.Random())
	if err != nil {
		return nil, err
	}
	issuer, err := authn.NewIssuer(key, "refersuite-services", clock.System())
	if err != nil {
		return nil, err
	}
	jwks, err := issuer.JWKS()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	i := &walletIssuer{tokens: authn.NewServiceTokens(issuer, "referral"), dir: dir}
	if err := os.WriteFile(i.file(), jwks, 0o600); err != nil {
		return nil, errors.Join(err, i.close())
	}
	return i, nil
}

func (i *walletIssuer) file() string { return filepath.Join(i.dir, "services.jwks") }

func (i *walletIssuer) close() error { return os.RemoveAll(i.dir) }

// servedWallet is a wallet in a process of its own, and a connection to it.
type servedWallet struct {
	cmd      *exec.Cmd
	input    io.Closer
	log      bytes.Buffer // read it when the process has ended
	conn     *grpc.ClientConn
	profiles string
}

func (w *walletBench) serve(ctx context.Context, database string) (_ *servedWallet, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	addresses, err := freeAddresses(ctx, 2)
	if err != nil {
		return nil, err
	}
	s := &servedWallet{cmd: exec.CommandContext(context.WithoutCancel(ctx), program), profiles: addresses[1]}
	// The daily reconciliation would begin at once on a ledger that never had one, and be measured too.
	s.cmd.Env = append(os.Environ(), serveVariable+"="+s.profiles, "GRPC_ADDR="+addresses[0], "OPS_ADDR=127.0.0.1:0",
		"GRPC_MAX_DEADLINE=1h", "LOG_LEVEL=warn", "RECONCILE_AT=off", "MONGODB_URI="+w.uri, "MONGODB_DATABASE="+database,
		"SERVICE_JWKS_FILE="+w.issuer.file(), "TRACES=otlp", "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+w.traces.address())
	s.cmd.Stderr = &s.log
	if s.input, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a wallet: %w", err)
	}
	if s.conn, err = grpcx.Dial(grpcx.ClientConfig{Target: addresses[0]}, grpcx.ClientDeps{Tokens: w.issuer.tokens}); err != nil {
		return nil, errors.Join(err, s.close())
	}
	ready, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request := &walletv1.GetBalanceRequest{UserId: accountID(0), Currency: "INR"}
	if _, err := walletv1.NewWalletServiceClient(s.conn).GetBalance(ready, request, grpc.WaitForReady(true)); err != nil {
		return nil, errors.Join(fmt.Errorf("the wallet does not serve: %w", err), s.close())
	}
	return s, nil
}

func (s *servedWallet) pid() int { return s.cmd.Process.Pid }

// close ends the process and tells what it logged if it ended badly.
func (s *servedWallet) close() error {
	var err error
	if s.conn != nil {
		err = s.conn.Close()
	}
	err = errors.Join(err, s.input.Close())
	timer := time.AfterFunc(30*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer timer.Stop()
	if waitErr := s.cmd.Wait(); waitErr != nil {
		err = errors.Join(err, fmt.Errorf("the wallet ended: %w\n%s", waitErr, s.log.Bytes()[:min(s.log.Len(), 2000)]))
	}
	return err
}

// freeAddresses returns loopback addresses that nothing listens on.
func freeAddresses(ctx context.Context, n int) (addresses []string, err error) {
	for range n {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses, nil
}
