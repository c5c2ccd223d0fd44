package fileprovider

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// header is the first line of every file. There is nothing in a file that tells who a person is.
var header = []string{"redemption_id", "amount", "currency", "amount_minor", "destination", "requested_at"}

// fieldsOf returns the line of a payout. Ids, currencies and destinations begin with a letter or a digit, so that no
// spreadsheet takes one for a formula.
func fieldsOf(o app.Payout) []string {
	return []string{
		o.ID, domain.Decimal(o.Amount, o.Currency), o.Currency, strconv.FormatInt(o.Amount, 10), o.Destination,
		o.RequestedAt.UTC().Format(time.RFC3339Nano),
	}
}

// contentsOf returns what must be the same in two lines of one payout.
func contentsOf(fields []string) string {
	if len(fields) < len(header) {
		return ""
	}
	return fields[2] + " " + fields[3] + " " + fields[4]
}

// place is where a payout stands, and what its line says.
type place struct {
	line     int
	contents string
}

// seenFile is what was read of one file. Its zero value with rows is an empty file.
type seenFile struct {
	// size is where the last complete line ends.
	size  int64
	lines int
	rows  map[string]place
}

// read takes in what was added to the file. A last line without end was cut off by a crash, before anybody was told of it:
// it is removed, so that nobody pays it.
func (f *seenFile) read(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() == f.size {
		return nil
	}
	if info.Size() < f.size {
		*f = seenFile{rows: map[string]place{}} // it was replaced
	}
	file, err := os.OpenFile(path, os.O_RDWR, fileMode)
	if err != nil {
		return err
	}
	added, err := io.ReadAll(io.NewSectionReader(file, f.size, info.Size()-f.size))
	if err == nil {
		complete := bytes.LastIndexByte(added, '\n') + 1
		if complete < len(added) {
			err = errors.Join(file.Truncate(f.size+int64(complete)), file.Sync())
		}
		f.take(added[:complete])
	}
	return errors.Join(err, file.Close())
}

// take notes complete lines.
func (f *seenFile) take(lines []byte) {
	for line := range bytes.Lines(lines) {
		f.lines++
		f.size += int64(len(line))
		fields, err := csv.NewReader(bytes.NewReader(line)).Read()
		if err != nil || f.lines == 1 || len(fields) == 0 {
			continue // the header, or something that a person wrote
		}
		f.rows[fields[0]] = place{line: f.lines, contents: contentsOf(fields)}
	}
}

// output is a file that is written to.
type output interface {
	io.WriterAt
	Truncate(size int64) error
	Sync() error
	Close() error
}

func openFile(path string) (output, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE, fileMode)
}

// append adds a line, after the header in a new file, and returns when it is on the disk.
func (p *Provider) append(path string, f *seenFile, fields []string) (err error) {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	if f.size == 0 {
		err = w.Write(header)
	}
	err = errors.Join(err, w.Write(fields))
	w.Flush()
	if err = errors.Join(err, w.Error()); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	file, err := p.open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err = file.WriteAt(text.Bytes(), f.size); err == nil {
		err = file.Sync()
	}
	if err == nil && f.size == 0 {
		err = syncDirectory(filepath.Dir(path))
	}
	if err != nil {
		return errors.Join(err, file.Truncate(f.size))
	}
	f.take(text.Bytes())
	return nil
}

// syncDirectory makes a new file survive a crash of the machine.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
