package otel_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// query is one PromQL expression and where it stands.
type query struct{ place, expr string }

// rules reads the alert and recording rules. Names of recording rules are returned as metrics.
func rules(t *testing.T) (queries []query, recorded, alerts []string) {
	t.Helper()
	for _, path := range files(t, "rules/*.yaml") {
		var file struct {
			Groups []struct {
				Rules []struct {
					Alert, Record, Expr string
					Annotations         map[string]string
				}
			}
		}
		if err := yaml.Unmarshal(read(t, path), &file); err != nil {
			t.Fatal(err)
		}
		for _, group := range file.Groups {
			for _, rule := range group.Rules {
				queries = append(queries, query{path + " " + rule.Alert + rule.Record, rule.Expr})
				if rule.Record != "" {
					recorded = append(recorded, rule.Record)
					continue
				}
				alerts = append(alerts, rule.Alert)
				if want := "docs/operations.md#" + strings.ToLower(rule.Alert); rule.Annotations["runbook"] != want {
					t.Errorf("%s: runbook must be %s", rule.Alert, want)
				}
			}
		}
	}
	return queries, recorded, alerts
}

// panels reads the dashboards.
func panels(t *testing.T) []query {
	t.Helper()
	var queries []query
	for _, path := range files(t, "grafana/dashboards/*.json") {
		var file struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
			Templating struct {
				List []struct{ Name, Definition string }
			}
		}
		if err := json.Unmarshal(read(t, path), &file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, panel := range file.Panels {
			for _, target := range panel.Targets {
				queries = append(queries, query{path + " " + panel.Title, target.Expr})
			}
		}
		for _, variable := range file.Templating.List {
			inner := regexp.MustCompile(`^label_values\((.*), \w+\)$`).FindStringSubmatch(variable.Definition)
			if inner == nil {
				t.Fatalf("%s: variable %s is %q", path, variable.Name, variable.Definition)
			}
			queries = append(queries, query{path + " $" + variable.Name, inner[1]})
		}
	}
	return queries
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	return found
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

var (
	selector  = regexp.MustCompile(`\{[^}]*\}`)
	matcher   = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)\s*"`)
	grouping  = regexp.MustCompile(`\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
	window    = regexp.MustCompile(`\[[^\]]*\]|\boffset\s+\w+`)
	quoted    = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	word      = regexp.MustCompile(`[A-Za-z_:][\w:]*\s*\(?`)
	operators = []string{"and", "or", "unless", "bool", "inf", "nan"}
)

// names takes an expression apart into the metrics it reads and the labels it relies on.
func (q query) names() (metrics, labels []string) {
	for _, found := range selector.FindAllString(q.expr, -1) {
		for _, match := range matcher.FindAllStringSubmatch(found, -1) {
			labels = append(labels, match[1])
		}
	}
	rest := selector.ReplaceAllString(q.expr, " ")
	for _, match := range grouping.FindAllStringSubmatch(rest, -1) {
		for label := range strings.SplitSeq(match[1], ",") {
			labels = append(labels, strings.TrimSpace(label))
		}
	}
	rest = quoted.ReplaceAllString(window.ReplaceAllString(grouping.ReplaceAllString(rest, " "), " "), " ")
	for _, found := range word.FindAllString(rest, -1) {
		if name := strings.TrimSpace(found); !strings.HasSuffix(name, "(") && !slices.Contains(operators, name) {
			metrics = append(metrics, name)
		}
	}
	return metrics, labels
}

// exported lists the metrics in what Prometheus reads, and their labels.
func exported(scrapes ...string) (metrics, labels map[string]bool) {
	metrics, labels = map[string]bool{}, map[string]bool{}
	family := regexp.MustCompile(`(?m)^# TYPE (\S+) (\w+)$`)
	label := regexp.MustCompile(`[{,](\w+)="`)
	for _, scrape := range scrapes {
		for _, match := range family.FindAllStringSubmatch(scrape, -1) {
			metrics[match[1]] = true
			if match[2] == "histogram" {
				metrics[match[1]+"_bucket"], metrics[match[1]+"_sum"], metrics[match[1]+"_count"] = true, true, true
			}
		}
		for _, match := range label.FindAllStringSubmatch(scrape, -1) {
			labels[match[1]] = true
		}
	}
	return metrics, labels
}

func TestRulesAndDashboardsReadOnlyWhatIsExported(t *testing.T) {
	found := declarations(t)
	metrics, labels := exported(scrape(t), export(t, found.instruments))
	for _, name := range []string{"job", "instance"} { // Prometheus adds them, and up
		labels[name] = true
	}
	metrics["up"] = true
	for name := range found.labels {
		labels[name] = true
	}
	queries, recorded, _ := rules(t)
	for _, name := range recorded {
		metrics[name] = true
	}
	queries = append(queries, panels(t)...)
	for _, q := range queries {
		usedMetrics, usedLabels := q.names()
		if len(usedMetrics) == 0 {
			t.Errorf("%s reads no metric: %s", q.place, q.expr)
		}
		for _, name := range usedMetrics {
			if !metrics[name] {
				t.Errorf("%s reads %s, which nothing exports", q.place, name)
			}
		}
		for _, name := range usedLabels {
			if !labels[name] {
				t.Errorf("%s relies on the label %s, which nothing exports", q.place, name)
			}
		}
	}
}

func TestNamesOfAQueryAreFound(t *testing.T) {
	metrics, labels := query{expr: `1 - sum by (a, b) (rate(x_total{c=~"in|{out", d!=""}[5m])) / up offset 5m
		or (y unless y offset 10m) and on (e) z_bucket{le="0.1"} > vector(0)`}.names()
	if want := []string{"x_total", "up", "y", "y", "z_bucket"}; !slices.Equal(metrics, want) {
		t.Errorf("metrics %q, want %q", metrics, want)
	}
	slices.Sort(labels)
	if want := []string{"a", "b", "c", "d", "e", "le"}; !slices.Equal(labels, want) {
		t.Errorf("labels %q, want %q", labels, want)
	}
}

func TestStatusesInRulesAreThoseOfTheExporter(t *testing.T) {
	if !strings.Contains(scrape(t), `rpc_response_status_code="INVALID_ARGUMENT"`) {
		t.Error("statuses are spelled in another way: correct the rules")
	}
}

func TestEveryAlertSaysWhatToDo(t *testing.T) {
	_, _, alerts := rules(t)
	manual := string(read(t, "../../docs/operations.md"))
	for _, name := range alerts {
		if !strings.Contains(manual, "\n### "+name+"\n") {
			t.Errorf("docs/operations.md has no section ### %s", name)
		}
		var tested bool
		for _, path := range files(t, "tests/*.yaml") {
			tested = tested || strings.Contains(string(read(t, path)), "alertname: "+name+"\n")
		}
		if !tested {
			t.Errorf("no test expects %s", name)
		}
	}
}
