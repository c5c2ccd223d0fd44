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
}

// Run asks the services to verify everything they keep; it ends with an error when something is wrong.
func (c reconcileCommand) Run(ctx context.Context, env *environment) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	conn, err := c.dial(env)
	if err != nil {
		return err
	}
	report, err := reconcile.Run(ctx, conn)
	if err = errors.Join(err, conn.Close()); err != nil {
		return err
	}
	if c.Report == "json" {
		encoder := json.NewEncoder(env.stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		err = report.WriteText(env.stdout)
	}
	if err == nil && !report.Sound() {
		err = fmt.Errorf("the reconciliation found %d faults; nothing was changed", len(report.Findings))
	}
	return err
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
