package redisx_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/redisx"
	"github.com/refersuite/refersuite/pkg/testkit"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

func TestConnect_RefusesWhatItCannotUseAndShowsNoPassword(t *testing.T) {
	for name, c := range map[string]struct{ url, want string }{
		"Empty":             {"", "REDIS_URL is empty"},
		"NoScheme":          {"hunter2", "no scheme"},
		"OtherScheme":       {"http://:hunter2@h:1", "unknown scheme"},
		"Broken":            {"redis://:hunter2@h:port/x", "cannot be parsed"},
		"ClusterDatabase":   {"redis+cluster://:hunter2@h:1/3", "database 0"},
		"SeedWithoutPort":   {"redis+cluster://:hunter2@h:1,other", "without port"},
		"NobodyAnswers":     {"redis://app:hunter2@127.0.0.1:1/0", "127.0.0.1:1"},
		"NoClusterAnswers":  {"redis+cluster://app:hunter2@127.0.0.1:1,127.0.0.1:2", "127.0.0.1:2"},
		"PasswordUnescaped": {"redis://:hunter2%zz@h:1", "percent-encode"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err := redisx.Connect(ctx, redisx.Config{URL: c.url}, redisx.Deps{})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") && name != "NoScheme" {
				t.Errorf("err = %v, want %q", err, c.want)
			}
		})
	}
}

func TestLocal_AnswersTracesAndExpires(t *testing.T) {
	spans := testkit.Spans(t)
	client, err := redisx.Local(t.Context(), redisx.Deps{TracerProvider: spans.Provider()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := spans.Start(testkit.Context(t), "parent")
	if err := client.Set(ctx, "k", "secret-value", 300*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	span.End()
	set := spans.Named("set")
	if len(set) != 1 {
		t.Fatalf("spans %v", spans.Ended())
	}
	for _, kv := range set[0].Attributes() {
		if strings.Contains(kv.Value.String(), "secret-value") {
			t.Errorf("attribute %s shows a value", kv.Key)
		}
	}
	for client.Exists(testkit.Context(t), "k").Val() == 1 {
		if t.Context().Err() != nil {
			t.Fatal("the key never expired")
		}
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}

func TestConnectStores_UsesTheServer(t *testing.T) {
	url := testkit.RedisURL(t)
	client, err := redisx.Connect(t.Context(), redisx.Config{URL: url}, redisx.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}
