package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"github.com/refersuite/refersuite/deploy/local/internal/reconcile"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/grpcx"
)

type reconcileCommand struct {
	Addr    string        `default:"127.0.0.1:9090" help:"Address of the gRPC edge of the suite."`
	TLS     bool          `help:"Encrypt, verified against the system's authorities."`
	CAFile  string        `type:"existingfile" help:"PEM authorities of the server's certificate; implies --tls."`
	KeyFile string        `default:"${keyfile}" type:"path" help:"File of the key that signs the call's token."`
	Issuer  string        `default:"${devissuer}" help:"Claim iss of that token."`
	Token   string        `env:"REFERSUITE_TOKEN" help:"Token with the role ADMIN to send instead."`
	Report  string        `default:"text" enum:"text,json" help:"Form of the report: text or json."`
	Timeout time.Duration `default:"10m" help:"How long the walk may take."`
	Quiet   bool          `short:"q" help:"No progress bar."`
}

// Run asks the services to verify everything they keep; it ends with an error when something is wrong.
func (c reconcileCommand) Run(ctx context.Context, env *environment) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	conn, err := c.dial(env)
	if err != nil {
		return err
	}
	bar := newProgress(env.stderr, "reconcile", reconcile.Stages(), c.Quiet)
	report, err := reconcile.Run(ctx, conn, bar.add)
	if err = errors.Join(err, bar.finish(), conn.Close()); err != nil {
		return err
	}
	if err := printReport(env, report, c.Report == "json"); err != nil {
		return err
	}
	if !report.Sound() {
		return fmt.Errorf("the reconciliation found %d faults; nothing was changed", report.Faults())
	}
	return nil
}

// printReport writes a report for people or for programs.
func printReport(env *environment, report reconcile.Report, asJSON bool) error {
	if !asJSON {
		return report.WriteText(env.stdout)
	}
	encoder := json.NewEncoder(env.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}

func (c reconcileCommand) dial(env *environment) (*grpc.ClientConn, error) {
	tokens := grpcx.TokenSource(staticToken(c.Token))
	if c.Token == "" {
		key, err := authn.LoadKey(c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("no --token, and no key to sign one: %w", err)
		}
		issuer, err := authn.NewIssuer(key, c.Issuer, env.clock)
		if err != nil {
			return nil, err
		}
		tokens = authn.NewServiceTokens(issuer, "reconcile")
	}
	return grpcx.Dial(grpcx.ClientConfig{Target: c.Addr, TLS: c.TLS, TLSCAFile: c.CAFile, DefaultDeadline: c.Timeout},
		grpcx.ClientDeps{Tokens: tokens})
}

// staticToken is a token that was given.
type staticToken string

// Token returns the token.
func (t staticToken) Token(context.Context) (string, error) { return string(t), nil }
