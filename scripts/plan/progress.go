package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// How often progress is shown: in a log, and on a terminal, where a line replaces the one before.
const (
	showEvery     = 2 * time.Second
	showEveryLive = 200 * time.Millisecond
)

// barWidth is how many characters the whole of something is.
const barWidth = 20

// progress tells how far a reading has come: on a terminal in one line for each thing that is read,
// elsewhere one line at a time, so that it is fit for a log too.
type progress struct {
	out  io.Writer
	now  func() time.Time
	live bool // whether out is a terminal
	what string
	done int
	of   int // 0 where nobody knows
	at   time.Time
}

// terminal reports whether somebody looks at what is written.
func terminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// begin starts counting something else. Of is how many there are, or 0.
func (p *progress) begin(what string, done, of int) {
	p.what, p.done, p.of, p.at = what, done, of, p.now()
}

// add counts n more.
func (p *progress) add(n int) {
	p.done += n
	every := showEvery
	if p.live {
		every = showEveryLive
	}
	if p.now().Sub(p.at) >= every {
		p.show()
	}
}

// end says how many there were.
func (p *progress) end() {
	p.show()
	if p.live {
		fmt.Fprintln(p.out)
	}
}

// say prints a line of its own.
func (p *progress) say(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

func (p *progress) show() {
	p.at = p.now()
	line := fmt.Sprintf("%s: %d", p.what, p.done)
	if p.of > 0 {
		line = fmt.Sprintf("%s [%s] %d of %d (%d %%)", p.what, bar(p.done, p.of), p.done, p.of, 100*p.done/p.of)
	}
	if p.live {
		// Back to the beginning of the line, and away with what was longer.
		fmt.Fprintf(p.out, "\r%s\x1b[K", line)
		return
	}
	p.say("%s", line)
}

// bar draws how much of something is done. It is full only at the end.
func bar(done, of int) string {
	full := min(max(barWidth*done/of, 0), barWidth)
	return strings.Repeat("#", full) + strings.Repeat(".", barWidth-full)
}
