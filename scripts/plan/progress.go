package main

import (
	"fmt"
	"io"
	"time"
)

// showEvery is how often progress is shown.
const showEvery = 2 * time.Second

// progress tells how far a reading has come, one line at a time, so that it is fit for a log too.
type progress struct {
	out  io.Writer
	now  func() time.Time
	what string
	done int
	of   int // 0 where nobody knows
	at   time.Time
}

// begin starts counting something else. Of is how many there are, or 0.
func (p *progress) begin(what string, done, of int) {
	p.what, p.done, p.of, p.at = what, done, of, p.now()
}

// add counts n more.
func (p *progress) add(n int) {
	p.done += n
	if p.now().Sub(p.at) >= showEvery {
		p.show()
	}
}

// end says how many there were.
func (p *progress) end() { p.show() }

// say prints a line of its own.
func (p *progress) say(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

func (p *progress) show() {
	p.at = p.now()
	if p.of > 0 {
		p.say("%s: %d of %d (%d %%)", p.what, p.done, p.of, 100*p.done/p.of)
		return
	}
	p.say("%s: %d", p.what, p.done)
}
