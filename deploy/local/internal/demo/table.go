package demo

import (
	"io"
	"strings"
	"unicode/utf8"
)

// table prints rows in aligned columns. A title that begins with > aligns its column to the right.
type table struct {
	title   string
	columns []string
	rows    [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) write(out io.Writer) error {
	widths := make([]int, len(t.columns))
	header := make([]string, len(t.columns))
	for i, column := range t.columns {
		header[i] = strings.TrimPrefix(column, ">")
	}
	lines := append([][]string{header}, t.rows...)
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	text := "\n" + t.title + "\n\n"
	for n, line := range lines {
		text += t.line(line, widths)
		if n == 0 {
			text += t.line(rules(widths), widths)
		}
	}
	_, err := io.WriteString(out, text)
	return err
}

func (t *table) line(cells []string, widths []int) string {
	var line strings.Builder
	for i, cell := range cells {
		gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if strings.HasPrefix(t.columns[i], ">") {
			line.WriteString("  " + gap + cell)
		} else {
			line.WriteString("  " + cell + gap)
		}
	}
	return strings.TrimRight(line.String(), " ") + "\n"
}

func rules(widths []int) []string {
	cells := make([]string, len(widths))
	for i, width := range widths {
		cells[i] = strings.Repeat("-", width)
	}
	return cells
}
