package config_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/config/configtest"
)

type pool struct {
	Size int           `env:"SIZE" envDefault:"10" doc:"Connections, 1 to 100."`
	Wait time.Duration `env:"WAIT" envDefault:"2s" doc:"Longest wait for a connection."`
}

func (p pool) Validate() error {
	if p.Size < 1 || p.Size > 100 {
		return config.Invalid("SIZE", p.Size, "must be 1 to 100")
	}
	return nil
}

// Base is embedded, as service.Config is.
type Base struct {
	Level slog.Level `env:"LOG_LEVEL" envDefault:"info" doc:"Lowest level logged."`
	Store string     `env:"STORE_URI" secret:"url" doc:"Address of the store; empty: memory | nothing kept."`
}

type settings struct {
	Base
	Pool  pool     `envPrefix:"POOL_"`
	Token string   `env:"TOKEN,required" secret:"true" doc:"Shared token, 8 characters or more."`
	Hosts []string `env:"HOSTS" doc:"Hosts to ask."`
}

func (s settings) Validate() error {
	var problems []error
	if len(s.Token) < 8 {
		problems = append(problems, config.Invalid("TOKEN", s.Token, "must have 8 characters or more"))
	}
	if len(s.Hosts) > 2 {
		problems = append(problems, config.Invalid("HOSTS", s.Hosts, "must be at most 2"))
	}
	return errors.Join(problems...)
}

func TestDefaultsApplyToUnsetAndEmptyVariables(t *testing.T) {
	got, err := config.LoadFrom[settings](map[string]string{"TOKEN": "long-enough", "POOL_SIZE": "", "HOSTS": "a,b"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Pool.Size != 10 || got.Pool.Wait != 2*time.Second || got.Level != slog.LevelInfo || len(got.Hosts) != 2 {
		t.Fatalf("got %+v", got)
	}
}

func TestEverythingWrongIsReportedAtOnce(t *testing.T) {
	tests := map[string]struct {
		environ map[string]string
		want    []string
		never   string
	}{
		"unreadable values": {
			environ: map[string]string{"POOL_SIZE": "many", "POOL_WAIT": "soon", "LOG_LEVEL": "loud"},
			want: []string{
				`POOL_SIZE is "many": must be a whole number`,
				`POOL_WAIT is "soon": must be a duration such as 250ms, 10s or 2h`,
				`LOG_LEVEL is "loud": must be one of debug, info, warn, error`,
				`TOKEN must be set: Shared token, 8 characters or more.`,
			},
		},
		"values over a limit": {
			environ: map[string]string{"TOKEN": "short-1", "POOL_SIZE": "101", "HOSTS": "a,b,c"},
			want: []string{
				`POOL_SIZE is "101": must be 1 to 100`,
				`TOKEN is "(secret)": must have 8 characters or more`,
				`HOSTS is "[a b c]": must be at most 2`,
			},
			never: "short-1",
		},
		"a secret given twice": {
			environ: map[string]string{"TOKEN": "long-enough", "TOKEN_FILE": "token.txt"},
			want:    []string{"TOKEN is set twice: remove either TOKEN or TOKEN_FILE"},
			never:   "long-enough",
		},
		"a secret in a missing file": {
			environ: map[string]string{"TOKEN_FILE": "missing.txt"},
			want:    []string{`TOKEN_FILE is "missing.txt": must name a readable file`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := config.LoadFrom[settings](test.environ)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range test.want {
				if strings.Count(err.Error(), want) != 1 {
					t.Errorf("want %q once in:\n%v", want, err)
				}
			}
			if test.never != "" && strings.Contains(err.Error(), test.never) {
				t.Errorf("secret shown in:\n%v", err)
			}
			var problem *config.InvalidError
			if !errors.As(err, &problem) {
				t.Errorf("no InvalidError in %v", err)
			}
		})
	}
}

func TestSecretComesFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("from-the-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := config.LoadFrom[settings](map[string]string{"TOKEN_FILE": path})
	if err != nil {
		t.Fatal(err)
	}
	if got.Token != "from-the-file" {
		t.Fatalf("got %q", got.Token)
	}
}

func TestPrefixIsPutBeforeEveryVariable(t *testing.T) {
	got, err := config.LoadFrom[settings](map[string]string{"X_TOKEN": "long-enough", "X_POOL_SIZE": "3"}, "X_")
	if err != nil || got.Pool.Size != 3 {
		t.Fatalf("got %+v, %v", got, err)
	}
	_, err = config.LoadFrom[settings](map[string]string{"X_TOKEN": "long-enough", "X_POOL_SIZE": "0"}, "X_")
	if err == nil || !strings.Contains(err.Error(), "X_POOL_SIZE") {
		t.Fatalf("got %v", err)
	}
}

func TestStartLogHidesSecrets(t *testing.T) {
	got := map[string]string{}
	for _, attr := range config.Redacted(settings{
		Base:  Base{Store: "mongodb://app:hunter2@one:1,two:2/?w=majority"},
		Token: "long-enough",
	}) {
		got[attr.Key] = attr.Value.String()
	}
	if got["STORE_URI"] != "mongodb://(secret)@one:1,two:2/?w=majority" || got["TOKEN"] != "(secret)" {
		t.Fatalf("got %v", got)
	}
	if got["POOL_WAIT"] != "0s" {
		t.Fatalf("settings of nested structs are missing: %v", got)
	}
}

func TestTableDescribesEverySetting(t *testing.T) {
	want := strings.Join([]string{
		"| Variable | Default | Meaning |",
		"|---|---|---|",
		"| `LOG_LEVEL` | `info` | Lowest level logged. |",
		"| `STORE_URI` (or `STORE_URI_FILE`) | none | Address of the store; empty: memory \\| nothing kept. |",
		"| `POOL_SIZE` | `10` | Connections, 1 to 100. |",
		"| `POOL_WAIT` | `2s` | Longest wait for a connection. |",
		"| `TOKEN` (or `TOKEN_FILE`) | required | Shared token, 8 characters or more. |",
		"| `HOSTS` | none | Hosts to ask. |",
		"",
	}, "\n")
	if got := config.Table(settings{}); got != want {
		t.Fatalf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestReadmeCheckAcceptsTheTrueTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	text := "# x\n" + configtest.Begin + "\n\n" + config.Table(settings{}) + "\n" + configtest.End + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	configtest.CheckReadme(t, path, settings{})
}
