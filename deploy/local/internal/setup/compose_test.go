package setup_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/refersuite/refersuite/deploy/local/internal/setup"
	"github.com/refersuite/refersuite/gateway"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/services/fraud"
	"github.com/refersuite/refersuite/services/leaderboard"
	"github.com/refersuite/refersuite/services/referral"
	"github.com/refersuite/refersuite/services/tier"
	"github.com/refersuite/refersuite/services/wallet"
)

const root = "../../../../"

// container is a service of docker-compose.yml, as far as the tests look.
type container struct {
	Image string `yaml:"image"`
	Build struct {
		Args map[string]string `yaml:"args"`
	} `yaml:"build"`
	Environment map[string]string    `yaml:"environment"`
	Ports       []string             `yaml:"ports"`
	DependsOn   map[string]yaml.Node `yaml:"depends_on"`
	Healthcheck struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
}

var interpolation = regexp.MustCompile(`\$\{(\w+):-([^}]*)\}`)

// compose reads docker-compose.yml with the defaults of its variables.
func compose(t *testing.T) map[string]container {
	t.Helper()
	text := interpolation.ReplaceAllString(read(t, "docker-compose.yml"), "$2")
	var file struct {
		Services map[string]container `yaml:"services"`
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Services) == 0 {
		t.Fatal("no services")
	}
	return file.Services
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.FromSlash(root + name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// settings load the settings of a binary from an environment, and list the names of the variables it knows.
type settings struct {
	load  func(environ map[string]string) (service.Config, error)
	table string
}

func settingsOf[C service.Configured](cfg C) settings {
	return settings{
		load: func(environ map[string]string) (service.Config, error) {
			loaded, err := config.LoadFrom[C](environ)
			return loaded.Shared(), err
		},
		table: config.Table(cfg),
	}
}

// binaries are those of the suite, by the name of their container.
func binaries() map[string]settings {
	return map[string]settings{
		"gateway": settingsOf(gateway.Config{}), "referral": settingsOf(referral.Config{}), "wallet": settingsOf(wallet.Config{}),
		"tier": settingsOf(tier.Config{}), "fraud": settingsOf(fraud.Config{}), "leaderboard": settingsOf(leaderboard.Config{}),
	}
}

func TestComposeSetsOnlyWhatTheBinariesRead(t *testing.T) {
	containers := compose(t)
	for name, binary := range binaries() {
		if len(containers[name].Environment) == 0 {
			t.Errorf("%s has no environment", name)
		}
		for variable := range containers[name].Environment {
			if !strings.Contains(binary.table, "`"+variable+"`") {
				t.Errorf("%s: %s is no setting of it", name, variable)
			}
		}
	}
}

func TestServicesOfComposeTrustTheKeysOfInit(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for name := range binaries() {
		names = append(names, name)
	}
	if err := setup.Keys(dir, names); err != nil {
		t.Fatal(err)
	}
	containers := compose(t)
	for name, binary := range binaries() {
		environ := map[string]string{}
		for variable, value := range containers[name].Environment {
			environ[variable] = strings.Replace(value, "/keys/", dir+"/", 1)
		}
		cfg, err := binary.load(environ)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := cfg.Auth.NewVerifier(clock.System()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if issuer, err := cfg.Auth.NewIssuer(clock.System()); err != nil || issuer == nil {
			t.Errorf("%s has no key of its own: %v", name, err)
		}
		if !slices.Contains(cfg.Auth.Issuers, service.DevIssuerName) {
			t.Errorf("%s does not believe the tokens that the command token mints", name)
		}
	}
}

func TestAddressesOfComposeNameItsContainers(t *testing.T) {
	containers := compose(t)
	for name, one := range containers {
		for variable, value := range one.Environment {
			if !strings.HasSuffix(variable, "_ADDR") {
				continue
			}
			target := strings.ToLower(strings.TrimSuffix(variable, "_ADDR"))
			if value != target+":9090" || containers[target].Image == "" {
				t.Errorf("%s: %s is %q", name, variable, value)
			}
		}
		for target := range one.DependsOn {
			if containers[target].Image == "" {
				t.Errorf("%s depends on %s, which is not there", name, target)
			}
		}
	}
}

func TestComposeChecksHealthAndListensOnThisMachineOnly(t *testing.T) {
	pinned := regexp.MustCompile(`^[a-z0-9./-]+:(dev|[v0-9][\w.-]*\.[\w.-]+)$`)
	for name, one := range compose(t) {
		if name != "init" && len(one.Healthcheck.Test) < 2 {
			t.Errorf("%s has no health check", name)
		}
		if !pinned.MatchString(one.Image) {
			t.Errorf("%s: image %q is not pinned", name, one.Image)
		}
		for _, port := range one.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s: port %s is open to other machines", name, port)
			}
		}
	}
}

func TestDockerfileBuildsWhatComposeRuns(t *testing.T) {
	dockerfile := read(t, "deploy/docker/Dockerfile")
	containers := compose(t)
	want := map[string]string{"init": "deploy/local/cmd/refersuite", "gateway": "gateway/cmd/gatewayd"}
	for _, name := range []string{"referral", "wallet", "tier", "fraud", "leaderboard"} {
		want[name] = "services/" + name + "/cmd/" + name + "d"
	}
	for name, dir := range want {
		if binary := containers[name].Build.Args["BINARY"]; binary != filepath.Base(dir) {
			t.Errorf("%s runs %q instead of %s", name, binary, filepath.Base(dir))
		}
		if !strings.Contains(dockerfile, "./"+dir+" ") && !strings.Contains(dockerfile, "./"+filepath.Dir(dir)+"/...") {
			t.Errorf("the Dockerfile does not build %s", dir)
		}
		main := read(t, dir+"/main.go")
		if !regexp.MustCompile(`(?m)^var version = "`).MatchString(main) {
			t.Errorf("%s has no variable version for the linker", dir)
		}
	}
	image := regexp.MustCompile(`golang:(\d+\.\d+)\.`).FindStringSubmatch(dockerfile)
	needed := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.work"))
	if image == nil || needed == nil || image[1] != needed[1] {
		t.Errorf("the Dockerfile builds with Go %v, go.work wants %v", image, needed)
	}
}

func TestOtherEngineSetsVariablesThatComposeReads(t *testing.T) {
	file := read(t, "docker-compose.yml")
	for line := range strings.Lines(read(t, "deploy/docker/documentdb.env")) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		switch {
		case !ok || strings.HasPrefix(line, "#"):
		case name == "COMPOSE_PROFILES":
			if !strings.Contains(file, "profiles: ["+value+"]") {
				t.Errorf("no container has the profile %s", value)
			}
		case !strings.Contains(file, "${"+name+":-"):
			t.Errorf("docker-compose.yml does not read %s", name)
		}
	}
}
