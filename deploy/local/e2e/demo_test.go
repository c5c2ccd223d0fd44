package e2e_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/refersuite/refersuite/deploy/local/internal/cli"
	"github.com/refersuite/refersuite/deploy/local/internal/demo"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/idgen"
)

func (w world) demo(t *testing.T) {
	t.Helper()
	var out bytes.Buffer
	err := demo.Run(t.Context(), demo.Options{
		BaseURL: w.RESTURL, Out: &out, Clock: clock.System(), Stays: true,
		Token: func(subject string, roles ...string) (string, error) { return w.Token(subject, tokenTTL, roles...) },
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if strings.Contains(out.String(), "✗") || !strings.Contains(out.String(), w.RESTURL+"/docs") {
		t.Errorf("the demo ends well and says otherwise:\n%s", out.String())
	}
}

func TestE2E_DemoCanBePlayedTwiceOnOneSuite(t *testing.T) {
	shared.demo(t)
	shared.demo(t)
}

func TestE2EStores_DemoCanBePlayedAgainOnWhatWasKept(t *testing.T) {
	options := kept(t)
	first := start(t, options)
	first.demo(t)
	first.stop(t)
	start(t, options).stopAtEnd(t).demo(t)
}

func TestE2E_DemoCommandTellsHowItEndedByItsStatus(t *testing.T) {
	t.Setenv("MONGODB_URI", "")
	t.Setenv("REDIS_URL", "")
	key := t.TempDir() + "/key.json"
	for name, test := range map[string]struct {
		args   []string
		status int
		out    string
		err    string
	}{
		"its own suite":    {[]string{"demo", "--key-file", key}, 0, "this suite ends now", ""},
		"a running suite":  {[]string{"demo", "--url", shared.RESTURL, "--key-file", shared.keyFile}, 0, shared.RESTURL + "/docs", ""},
		"another key":      {[]string{"demo", "--url", shared.RESTURL, "--key-file", otherKey(t)}, 1, "", "TOKEN_INVALID"},
		"nothing is there": {[]string{"demo", "--url", "http://127.0.0.1:1", "--key-file", shared.keyFile}, 1, "", "step 1 of the demo"},
		"no key at all":    {[]string{"demo", "--url", shared.RESTURL, "--key-file", t.TempDir() + "/none.json"}, 1, "", "none.json"},
		"a flag unknown":   {[]string{"demo", "--fast"}, 2, "", "--fast"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, problems bytes.Buffer
			status := cli.Run(t.Context(), "test", test.args, &out, &problems)
			if status != test.status || !strings.Contains(out.String(), test.out) || !strings.Contains(problems.String(), test.err) {
				t.Errorf("status %d\n%s\n%s", status, out.String(), problems.String())
			}
		})
	}
}

// otherKey is a key file that the shared suite knows nothing of.
func otherKey(t *testing.T) string {
	t.Helper()
	file := t.TempDir() + "/other.json"
	if _, err := authn.LoadOrCreateKey(file, idgen.Random()); err != nil {
		t.Fatal(err)
	}
	return file
}
