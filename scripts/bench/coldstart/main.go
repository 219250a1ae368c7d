// Coldstart measures how long a function takes from being started to its first answer, against
// a program that holds nothing but the functions framework. Between the two stand programs with the
// framework and a library or several, and nothing of ours: no function can be faster than what it
// stands on.
//
//	go run ./scripts/bench/coldstart [-n 15] [-trace]
//
// For each function it builds the program that Google's buildpack would: one that imports the
// function and the framework, without C and without debugging information. Each is started n
// times, in turns, so that a busy machine slows all of them alike; the table shows medians. The
// first answer may have any status: without a configuration it is 503.
//
// With -trace it lists for each program which packages took longest to initialise.
package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"text/template"
	"time"

	"github.com/sekisho/sekisho/scripts/local/world"
)

// subject is one program to be measured.
type subject struct {
	Target   string   // FUNCTION_TARGET
	Name     string   // in the table; empty means like the target
	Packages []string // imported besides the framework

	binary string
	size   int64
	took   []time.Duration
}

// bare is the target of a program without a function of ours.
const bare = "Bare"

// clients are the libraries by which every function reaches its store, its bus and its queues.
var clients = []string{"cloud.google.com/go/firestore", "cloud.google.com/go/pubsub/v2/apiv1", "cloud.google.com/go/cloudtasks/apiv2"}

func main() {
	n := flag.Int("n", 15, "how often each program is started")
	trace := flag.Bool("trace", false, "list the packages that take longest to initialise")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *n, *trace); err != nil {
		fmt.Fprintln(os.Stderr, "coldstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, n int, trace bool) (err error) {
	if n < 1 {
		return fmt.Errorf("-n is %d: at least 1", n)
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	// Inside of the module, so that its dependencies are found; the folder is not versioned.
	if err := os.MkdirAll(filepath.Join(root, ".local"), 0o750); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Join(root, ".local"), "coldstart-")
	if err != nil {
		return err
	}
	defer func() {
		if e := os.RemoveAll(dir); err == nil {
			err = e
		}
	}()
	if err := ownModules(root, dir); err != nil {
		return err
	}
	subjects := []*subject{
		{Target: bare},
		{Target: bare, Name: "Clients", Packages: clients},
		{Target: bare, Name: "ClientsAndCEL", Packages: append(slices.Clone(clients), "cel.dev/cel-go/cel")},
	}
	for _, f := range world.Functions {
		subjects = append(subjects, &subject{Target: f.Name, Packages: []string{"github.com/sekisho/sekisho/functions/" + strings.ToLower(f.Name)}})
	}
	for _, s := range subjects {
		if err := s.build(ctx, dir); err != nil {
			return err
		}
	}
	for range n {
		for _, s := range subjects {
			d, _, err := s.start(ctx)
			if err != nil {
				return err
			}
			s.took = append(s.took, d)
		}
	}
	if err := table(out, subjects); err != nil {
		return err
	}
	if !trace {
		return nil
	}
	for _, s := range subjects {
		if err := s.trace(ctx, out); err != nil {
			return err
		}
	}
	return nil
}

func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// ownModules copies what the module requires. The framework's server is no part of the project:
// the buildpack adds it to what it builds, and so does this, without touching the project's own.
func ownModules(root, dir string) error {
	for _, extension := range []string{".mod", ".sum"} {
		data, err := os.ReadFile(filepath.Join(root, "go"+extension))
		if err != nil {
			return err
		}
		// Not as go.mod, which would begin a module here.
		if err := os.WriteFile(filepath.Join(dir, "copy"+extension), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

var program = template.Must(template.New("main").Parse(`package main

import (
	"log"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
{{- range .Packages}}
	_ "{{.}}"
{{- end}}
{{- if .Bare}}
	"net/http"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
{{- end}}
)
{{if .Bare}}
func init() { functions.HTTP("Bare", func(http.ResponseWriter, *http.Request) {}) }
{{end}}
func main() {
	if err := funcframework.StartHostPort("127.0.0.1", os.Getenv("PORT")); err != nil {
		log.Fatal(err)
	}
}
`))

// Bare reports whether the program has no function of ours.
func (s *subject) Bare() bool { return s.Target == bare }

// String returns how the program is called in the table.
func (s *subject) String() string { return cmp.Or(s.Name, s.Target) }

// build compiles the program.
func (s *subject) build(ctx context.Context, dir string) error {
	var source bytes.Buffer
	if err := program.Execute(&source, s); err != nil {
		return err
	}
	dir = filepath.Join(dir, strings.ToLower(s.String()))
	if err := os.Mkdir(dir, 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), source.Bytes(), 0o600); err != nil {
		return err
	}
	s.binary = filepath.Join(dir, "server")
	c := exec.CommandContext(ctx, "go", "build", "-mod=mod", "-modfile", "../copy.mod", "-ldflags", "-s -w", "-o", s.binary, ".")
	c.Dir, c.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if text, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", s, err, text)
	}
	info, err := os.Stat(s.binary)
	if err != nil {
		return err
	}
	s.size = info.Size()
	return nil
}

// patience is how long a program may take.
const patience = 30 * time.Second

// start starts the program, waits for its first answer and ends it. It returns how long that
// took, and what the program wrote.
func (s *subject) start(ctx context.Context, environment ...string) (took time.Duration, wrote string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	port, err := freePort(ctx)
	if err != nil {
		return 0, "", err
	}
	var output bytes.Buffer
	c := exec.CommandContext(ctx, s.binary)
	c.Stdout, c.Stderr = &output, &output
	// Nothing of ours: a function that finds a configuration would call somebody.
	c.Env = append([]string{"FUNCTION_TARGET=" + s.Target, "PORT=" + port, "HOME=" + filepath.Dir(s.binary)}, environment...)
	began := time.Now()
	if err := c.Start(); err != nil {
		return 0, "", fmt.Errorf("start %s: %w", s, err)
	}
	err = firstAnswer(ctx, "http://127.0.0.1:"+port+"/")
	took = time.Since(began)
	_ = c.Process.Kill()
	_ = c.Wait() // it was killed
	if err != nil {
		return 0, "", fmt.Errorf("%s gave no answer: %w\n%s", s, err, output.String())
	}
	return took, output.String(), nil
}

func freePort(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// firstAnswer asks again and again until somebody answers.
func firstAnswer(ctx context.Context, address string) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(r)
		if err == nil {
			return resp.Body.Close()
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Microsecond):
		}
	}
}

func (s *subject) median() time.Duration {
	sorted := slices.Sorted(slices.Values(s.took))
	return sorted[len(sorted)/2]
}

// table writes the medians, and each against that of the bare framework, which comes first.
func table(out io.Writer, subjects []*subject) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "program\tmedian\tfastest\tratio\tsize\t")
	for _, s := range subjects {
		fmt.Fprintf(w, "%s\t%.1f ms\t%.1f ms\t%.2f\t%.1f MB\t\n", s,
			milliseconds(s.median()), milliseconds(slices.Min(s.took)),
			float64(s.median())/float64(subjects[0].median()), float64(s.size)/1e6)
	}
	return w.Flush()
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// shown is how many packages a trace lists.
const shown = 12

// trace starts the program once more and lists what the runtime tells of initialisation: lines
// such as "init net/http @3.1 ms, 0.25 ms clock, 19672 bytes, 76 allocs".
func (s *subject) trace(ctx context.Context, out io.Writer) error {
	_, wrote, err := s.start(ctx, "GODEBUG=inittrace=1")
	if err != nil {
		return err
	}
	type initialised struct {
		name         string
		clock        float64
		bytes, count int
	}
	var all []initialised
	total := 0.0
	for line := range strings.Lines(wrote) {
		var i initialised
		var at float64
		if n, _ := fmt.Sscanf(line, "init %s @%f ms, %f ms clock, %d bytes, %d allocs", &i.name, &at, &i.clock, &i.bytes, &i.count); n == 5 {
			all = append(all, i)
			total += i.clock
		}
	}
	slices.SortFunc(all, func(a, b initialised) int { return int((b.clock - a.clock) * 1e6) })
	fmt.Fprintf(out, "\n%s: %d packages initialise in %.1f ms\n", s, len(all), total)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, i := range all[:min(shown, len(all))] {
		fmt.Fprintf(w, "%.2f ms\t%d KB\t%d allocs\t  %s\t\n", i.clock, i.bytes/1000, i.count, i.name)
	}
	return w.Flush()
}
