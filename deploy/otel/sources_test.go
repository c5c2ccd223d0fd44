package otel_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/metric"

	"github.com/refersuite/refersuite/pkg/otelx"
)

// declared is what the sources say about metrics.
type declared struct {
	instruments []instrument
	// labels are the keys of all attributes.
	labels map[string]bool
}

// instrument is one call that declares a metric.
type instrument struct{ kind, name, unit string }

var instrumentCall = regexp.MustCompile(`^(Int64|Float64)(Observable)?(Counter|UpDownCounter|Gauge|Histogram)$`)

// declarations reads the sources of all modules whose binaries are scraped.
func declarations(t *testing.T) declared {
	t.Helper()
	found := declared{labels: map[string]bool{}}
	for _, module := range []string{"pkg", "services", "gateway"} {
		err := filepath.WalkDir("../../"+module, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err == nil {
				ast.Inspect(file, found.inspect)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found.instruments) < 15 {
		t.Fatalf("only %d instruments found", len(found.instruments))
	}
	return found
}

func (d *declared) inspect(n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return true
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return true
	}
	name, ok := literal(call.Args[0])
	if !ok {
		return true
	}
	if base, ok := selector.X.(*ast.Ident); ok && base.Name == "attribute" {
		d.labels[strings.ReplaceAll(name, ".", "_")] = true
	}
	if instrumentCall.MatchString(selector.Sel.Name) {
		d.instruments = append(d.instruments, instrument{selector.Sel.Name, name, unitOf(call.Args[1:])})
	}
	return true
}

func unitOf(options []ast.Expr) string {
	for _, option := range options {
		if call, ok := option.(*ast.CallExpr); ok && len(call.Args) == 1 {
			if selector, ok := call.Fun.(*ast.SelectorExpr); ok && selector.Sel.Name == "WithUnit" {
				unit, _ := literal(call.Args[0])
				return unit
			}
		}
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	basic, ok := e.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(basic.Value)
	return text, err == nil
}

// export registers the instruments with the telemetry of a service and returns what Prometheus would read, so that the
// names are those of the exporter itself.
func export(t *testing.T, instruments []instrument) string {
	t.Helper()
	telemetry, err := otelx.Setup(t.Context(), otelx.Config{Metrics: true, Traces: otelx.TracesOff}, otelx.Options{Service: "test"})
	if err != nil {
		t.Fatal(err)
	}
	meter := telemetry.MeterProvider.Meter("test")
	for _, one := range instruments {
		if err := one.record(t.Context(), meter); err != nil {
			t.Fatalf("%s: %v", one.name, err)
		}
	}
	answer := httptest.NewRecorder()
	telemetry.MetricsHandler.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if err := telemetry.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	return answer.Body.String()
}

// record makes an instrument of the same kind, name and unit and gives it a value. Whether values are whole does not
// change names.
func (i instrument) record(ctx context.Context, meter metric.Meter) error {
	unit := metric.WithUnit(i.unit)
	switch strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(i.kind, "Int64"), "Float64"), "Observable") {
	case "Counter":
		made, err := meter.Float64Counter(i.name, unit)
		if err == nil {
			made.Add(ctx, 1)
		}
		return err
	case "UpDownCounter":
		made, err := meter.Float64UpDownCounter(i.name, unit)
		if err == nil {
			made.Add(ctx, 1)
		}
		return err
	case "Gauge":
		made, err := meter.Float64Gauge(i.name, unit)
		if err == nil {
			made.Record(ctx, 1)
		}
		return err
	default:
		made, err := meter.Float64Histogram(i.name, unit)
		if err == nil {
			made.Record(ctx, 1)
		}
		return err
	}
}
