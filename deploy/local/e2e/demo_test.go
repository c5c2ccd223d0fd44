package e2e_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/refersuite/refersuite/deploy/local/internal/demo"
	"github.com/refersuite/refersuite/pkg/clock"
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
