package config

import (
	"strings"
)

// Table describes the settings of a struct as a Markdown table: variable, default, meaning. A README holds it between
// two marker lines, and configtest.CheckReadme keeps it true.
func Table(cfg any) string {
	var text strings.Builder
	text.WriteString("| Variable | Default | Meaning |\n|---|---|---|\n")
	for _, f := range fields(structOf(cfg), "") {
		text.WriteString("| `" + f.name + "`")
		if f.secret() {
			text.WriteString(" (or `" + f.name + "_FILE`)")
		}
		text.WriteString(" | " + f.fallback() + " | " + cell(f.decl.Tag.Get("doc")) + " |\n")
	}
	return text.String()
}

// fallback is the default of a setting as a table cell.
func (f field) fallback() string {
	if value, ok := f.decl.Tag.Lookup("envDefault"); ok && value != "" {
		return "`" + cell(value) + "`"
	}
	for option := range strings.SplitSeq(f.decl.Tag.Get("env"), ",") {
		if option == "required" || option == "notEmpty" {
			return "required"
		}
	}
	return "none"
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
