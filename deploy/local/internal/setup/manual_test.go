package setup_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const manual = "docs/operations.md"

func TestManualNamesSettingsThatExist(t *testing.T) {
	known := read(t, "docker-compose.yml") + read(t, "deploy/docker/documentdb.env")
	for _, binary := range binaries() {
		known += binary.table
	}
	for _, match := range regexp.MustCompile("`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`").FindAllStringSubmatch(read(t, manual), -1) {
		name := strings.TrimSuffix(match[1], "_FILE")
		switch {
		case strings.Contains(known, "`"+name), strings.Contains(known, "${"+name+":-"):
		case regexp.MustCompile(`^(AUDIT_UNAVAILABLE|OUTCOME_UNKNOWN|[A-Z_]+_(MISMATCH|BALANCE|SUM|DRIFT|COMMAND))$`).MatchString(name): // reasons and findings
		default:
			t.Errorf("%s names %s, which nothing reads", manual, match[1])
		}
	}
}

func TestManualCallsPathsThatExist(t *testing.T) {
	binding := regexp.MustCompile(`(?:get|post|put): "(/v1/[^"]+)"`)
	var known []*regexp.Regexp
	err := filepath.WalkDir(filepath.FromSlash(root+"proto/refersuite"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		for _, match := range binding.FindAllStringSubmatch(read(t, strings.TrimPrefix(filepath.ToSlash(path), root)), -1) {
			pattern := regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(match[1]), `[^/:]+`)
			known = append(known, regexp.MustCompile("^"+pattern+"$"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	called := regexp.MustCompile(`http://localhost:8080(/v1/\S+)`).FindAllStringSubmatch(read(t, manual), -1)
	if len(called) == 0 || len(known) == 0 {
		t.Fatalf("%d calls in the manual, %d paths in the protos", len(called), len(known))
	}
	for _, match := range called {
		found := false
		for _, pattern := range known {
			found = found || pattern.MatchString(match[1])
		}
		if !found {
			t.Errorf("%s calls %s, which no RPC serves", manual, match[1])
		}
	}
}

func TestManualLinksToFilesAndSectionsThatExist(t *testing.T) {
	text := read(t, manual)
	anchors := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		slug := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(match[1]), "")
		anchors["#"+strings.ReplaceAll(slug, " ", "-")] = true
	}
	for _, match := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1) {
		switch target := match[1]; {
		case strings.HasPrefix(target, "#"):
			if !anchors[target] {
				t.Errorf("%s links to %s, which is no section", manual, target)
			}
		default:
			read(t, filepath.ToSlash(filepath.Join("docs", target)))
		}
	}
}
