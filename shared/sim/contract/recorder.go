package contract

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Spec is what a vendor says of its API in a form that a program can read. It is safe for
// concurrent use.
type Spec interface {
	// Check holds an exchange against the description. The boolean is false where the exchange
	// is none of this API.
	Check(x *Exchange) (Checked, bool)
}

// Checked is what a [Spec] finds about one exchange.
type Checked struct {
	// Operation is the vendor's name of what was asked for, such as directory.groups.list.
	Operation string
	// Outcome says in a word or two how it ended: "200", "403 quotaExceeded", "ok".
	Outcome string
	// Accepted says that the vendor did what was asked.
	Accepted bool
	// Request and Answer are what does not conform in what was sent and in what came back.
	Request, Answer []Problem
}

// Problem is one thing that does not conform.
type Problem struct {
	// At is the place: query.maxResults, body.expiration, answer.groups[].email.
	At   string
	Text string
	// Borne says, of a request, that the vendor accepts it all the same.
	Borne bool
}

// Exception is a known difference between a description and the real API. Its texts may hold
// asterisks, each of which stands for any text.
type Exception struct {
	Operation, At, Text string
	// Reason says how it is known, and with what source.
	Reason string
}

func (e Exception) covers(v Violation) bool {
	return like(e.Operation, v.Operation) && like(e.At, v.At) && like(e.Text, v.Text)
}

// like reports whether text has the form of a pattern in which asterisks stand for any text.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

// Violation is a problem that no exception covers, with how often it was met.
type Violation struct {
	Operation, At, Text string
	// Count is in how many exchanges it was met; Example is the first of them.
	Count   int
	Example string
}

// Recorder judges what passes its taps. It is safe for concurrent use.
type Recorder struct {
	exceptions []Exception

	mu         sync.Mutex
	violations map[Violation]*Violation // by Operation, At and Text
	used       map[int]int              // by index of exceptions
	coverage   map[string]map[string]int
	samples    map[string]*Sample
}

// Sample is an exchange that conformed, kept for tests of the specs themselves.
type Sample struct {
	Spec     Spec
	Exchange *Exchange
}

// NewRecorder returns a recorder that has seen nothing.
func NewRecorder(exceptions ...Exception) *Recorder {
	return &Recorder{
		exceptions: exceptions, violations: map[Violation]*Violation{}, used: map[int]int{},
		coverage: map[string]map[string]int{}, samples: map[string]*Sample{},
	}
}

// judge holds one exchange against the specs of its tap.
func (r *Recorder) judge(tap Tap, x *Exchange) {
	for _, spec := range tap.Specs {
		if c, ok := spec.Check(x); ok {
			r.note(tap, spec, x, c)
			return
		}
	}
	if tap.Others {
		return
	}
	c := Checked{Operation: "no operation", Outcome: fmt.Sprint(x.Status), Accepted: x.Status >= 200 && x.Status < 300}
	c.Request = []Problem{{At: x.Method + " " + x.URL.Path, Text: "the vendor has no such operation"}}
	r.note(tap, nil, x, c)
}

func (r *Recorder) note(tap Tap, spec Spec, x *Exchange, c Checked) {
	problems := c.Answer
	for _, p := range c.Request {
		switch {
		case !tap.Provoking:
			problems = append(problems, p)
		case c.Accepted && !p.Borne:
			p.Text = "accepted, although " + p.Text
			problems = append(problems, p)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.coverage[c.Operation] == nil {
		r.coverage[c.Operation] = map[string]int{}
	}
	r.coverage[c.Operation][c.Outcome]++
	clean := spec != nil && c.Accepted && len(c.Request) == 0
	for _, p := range problems {
		v := Violation{Operation: c.Operation, At: p.At, Text: p.Text}
		if i := slices.IndexFunc(r.exceptions, func(e Exception) bool { return e.covers(v) }); i >= 0 {
			r.used[i]++
			continue
		}
		clean = false
		known := r.violations[v]
		if known == nil {
			copied := v
			copied.Example = fmt.Sprintf("%s %s, answered %d", x.Method, x.URL, x.Status)
			known = &copied
			r.violations[v] = known
		}
		known.Count++
	}
	if s := r.samples[c.Operation]; clean && (s == nil || len(s.Exchange.Answer) < len(x.Answer)) {
		r.samples[c.Operation] = &Sample{spec, x}
	}
}

// Samples returns, for each operation, the longest exchange that conformed and was accepted.
func (r *Recorder) Samples() map[string]*Sample {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]*Sample{}
	for name, s := range r.samples {
		out[name] = s
	}
	return out
}

// Report returns what was met so far.
func (r *Recorder) Report() Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out Report
	for _, v := range r.violations {
		out.Violations = append(out.Violations, *v)
	}
	slices.SortFunc(out.Violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.At, b.At), cmp.Compare(a.Text, b.Text))
	})
	for i, e := range r.exceptions {
		if n := r.used[i]; n > 0 {
			out.Excepted = append(out.Excepted, Excepted{e, n})
		} else {
			out.Unused = append(out.Unused, e)
		}
	}
	for name, outcomes := range r.coverage {
		c := Coverage{Operation: name}
		for outcome, n := range outcomes {
			c.Outcomes = append(c.Outcomes, Outcome{outcome, n})
		}
		slices.SortFunc(c.Outcomes, func(a, b Outcome) int { return cmp.Compare(a.Name, b.Name) })
		out.Operations = append(out.Operations, c)
	}
	slices.SortFunc(out.Operations, func(a, b Coverage) int { return cmp.Compare(a.Operation, b.Operation) })
	return out
}
