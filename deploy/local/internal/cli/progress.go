package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far long work has come: a bar on a terminal, a line now and then elsewhere.
type progress struct {
	bar *progressbar.ProgressBar
}

func newProgress(out io.Writer, what string, total int, quiet bool) progress {
	if quiet {
		return progress{progressbar.DefaultSilent(int64(total))}
	}
	throttle := 100 * time.Millisecond
	options := []progressbar.Option{
		progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(),
		progressbar.OptionShowIts(), progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(40),
		progressbar.OptionSetRenderBlankState(false), progressbar.OptionUseANSICodes(false),
		progressbar.OptionOnCompletion(func() { fmt.Fprintln(out) }),
	}
	if file, ok := out.(*os.File); !ok || !term.IsTerminal(int(file.Fd())) {
		throttle = 5 * time.Second
	}
	return progress{progressbar.NewOptions(total, append(options, progressbar.OptionThrottle(throttle))...)}
}

// add counts one piece of work that is done; it is safe for concurrent use.
func (p progress) add() {
	// The bar's only error is that of its writer, and a bar that cannot be drawn must not stop the work.
	_ = p.bar.Add(1)
}

// addMany counts work that is done, of about a total that may have to be done several times.
func (p progress) addMany(done, total int64) {
	if known := p.bar.GetMax64(); p.bar.State().CurrentNum+done > known {
		if known == 1 {
			known = 0 // nothing was known before
		}
		p.bar.ChangeMax64(known + max(total, done))
	}
	_ = p.bar.Add64(done) // as in add
}

func (p progress) finish() error { return p.bar.Exit() }
