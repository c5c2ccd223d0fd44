package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/idgen"
)

type tokenCommand struct {
	Subject string        `default:"dev" help:"Whose token it is: the claim sub."`
	Role    []string      `default:"ADMIN" enum:"USER,ADMIN,SYSTEM" help:"Roles: USER, ADMIN or SYSTEM; may be repeated."`
	TTL     time.Duration `default:"12h" help:"How long the token is good."`
	KeyFile string        `default:"${keyfile}" type:"path" help:"File of the key that signs it; made when it does not exist."`
	Issuer  string        `default:"${devissuer}" help:"Claim iss."`
}

// Run prints the token and nothing else, for use in a shell: curl -H "Authorization: Bearer $(refersuite token)".
func (c tokenCommand) Run(env *environment) error {
	if c.TTL <= 0 {
		return fmt.Errorf("--ttl is %s: it must be positive", c.TTL)
	}
	key, err := authn.LoadOrCreateKey(c.KeyFile, idgen.Random())
	if err != nil {
		return err
	}
	issuer, err := authn.NewIssuer(key, c.Issuer, env.clock)
	if err != nil {
		return err
	}
	token, err := issuer.Issue(c.Subject, c.Role, c.TTL)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.stdout, strings.TrimSpace(token))
	return err
}
