// Command plan says what a policy would change before anything is deployed. It reads the company
// with credentials for reading and writes to no vendor.
//
//	go run ./scripts/plan                                what the policy would change in the company
//	go run ./scripts/plan why PERSON OPERATION RESOURCE  why somebody may do something, or may not;
//	                                                     a resource is type:name, group:data@example.com
//	go run ./scripts/plan -policy NEW [-against OLD]     what would be different under another policy,
//	                      [-agreed ADDRESSES]            to which these people agreed
//	go run ./scripts/plan summary -store STORE           what the latest nightly run through accounts
//	                                                     found and did, as it is in the store
//	go run ./scripts/plan -doctor                        what is missing before all this can work
//	go run ./scripts/plan import-catalog                 the data catalogue's teams, roles and policies
//	                                                     as a policy file, to begin with
//
// With -demo it looks at the demo company on simulators, for which nothing is needed. Otherwise it
// takes the application default credentials, and from the environment what the functions take too:
// GOOGLE_CLOUD_PROJECT; POLICY_DIR, the folder of the policy in force, terraform/policy if it is not
// set; WORKSPACE_SUBJECT and SERVICE_ACCOUNT, the administrator and the service account that acts for
// them by domain-wide delegation; CUSTOMER_ID; LOOKER_URL, LOOKER_CLIENT_ID and LOOKER_CLIENT_SECRET.
// The doctor looks at SLACK_TOKEN, FIVETRAN_KEY and FIVETRAN_SECRET as well, and at OPENMETADATA_URL,
// OPENMETADATA_TOKEN and OPENMETADATA_BOT. The import takes the first two of these, and nothing else.
//
// A reading of a large company takes a while, at -rate requests a second. With -state it goes on
// where an earlier run ended, however that ended, for a day.
//
// The exit status is 3 where another policy asks less before something may be done, and not enough
// people agreed to that: a lower quorum takes the quorum that it lowers, and everything else one of
// those who may ChangePolicy under the policy in force. A pipeline that deploys policy passes the
// addresses of those who approved it, without its author's. The status is 1 where something went
// wrong.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/sekisho/sekisho/scripts/local/demo"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(status(err))
}

// errLooser says that another policy asks less than the one in force.
var errLooser = errors.New("the new policy asks less: putting it into force needs the agreement that the policy in force asks for (-agreed)")

// status is the exit status for an error.
func status(err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errLooser):
		return 3
	}
	return 1
}

// options are the flags.
type options struct {
	demo, doctor    bool
	policy, against string
	agreed          string
	format, out     string
	state, store    string
	rate            float64
	owners, tags    string
	// set are the names of the flags that were written, with whatever value.
	set  map[string]bool
	args []string
	log  io.Writer
}

// usage says which commands there are besides the flags.
const usage = `Usage: plan [command] [flags]

It says what a policy would change before anything is deployed, and writes to no vendor.

Commands:
  (none)                         what the policy would change in the company
  why PERSON OPERATION RESOURCE  why somebody may do something, or may not; a resource is type:name, group:data@example.com
  summary                        what the latest nightly run through accounts found and did, as it is in -store
  import-catalog                 the data catalogue's teams, roles and policies as a policy file, to begin with

Flags:
`

func parse(args []string, log io.Writer) (options, error) {
	o := options{log: log}
	flags := flag.NewFlagSet("plan", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.Usage = func() {
		fmt.Fprint(log, usage)
		flags.PrintDefaults()
	}
	flags.BoolVar(&o.demo, "demo", false, "look at the demo company on simulators")
	flags.BoolVar(&o.doctor, "doctor", false, "check one by one what is needed, and say how to mend what is missing")
	flags.StringVar(&o.policy, "policy", "", "say what would be different under the policy in this `folder`")
	flags.StringVar(&o.against, "against", "", "the `folder` of the policy to compare with, in place of the one in force")
	flags.StringVar(&o.agreed, "agreed", "", "`addresses`, with commas, of those who agreed to the new policy, without who wrote it")
	flags.StringVar(&o.format, "format", "table", "how to print: `table, markdown or json`")
	flags.StringVar(&o.out, "out", "", "print to a `file`, which is replaced as a whole")
	flags.StringVar(&o.state, "state", "", "remember what was read in a `file`, and go on from it")
	flags.StringVar(&o.store, "store", "", "read changes and audit entries from a `store`: firestore:PROJECT, firestore:PROJECT/DATABASE (sekisho if it is not named), or a file of the embedded store")
	flags.Float64Var(&o.rate, "rate", 10, "how many requests a second Google gets at most")
	flags.StringVar(&o.owners, "owner", "", "with why: `addresses` of the resource's owners, with commas, in place of those that are read")
	flags.StringVar(&o.tags, "tag", "", "with why: the resource's `tags`, with commas")
	// Flags may stand after the words too.
	for {
		if err := flags.Parse(args); err != nil {
			return o, err
		}
		if flags.NArg() == 0 {
			break
		}
		o.args = append(o.args, flags.Arg(0))
		args = flags.Args()[1:]
	}
	o.set = map[string]bool{}
	flags.Visit(func(f *flag.Flag) { o.set[f.Name] = true })
	return o, o.check()
}

func (o options) check() error {
	var problems []error
	if _, ok := formats[o.format]; !ok {
		problems = append(problems, fmt.Errorf("-format %q: %s are known", o.format, strings.Join(slices.Sorted(maps.Keys(formats)), ", ")))
	}
	if !(o.rate > 0 && o.rate <= 40) {
		problems = append(problems, errors.New("-rate: write a number over 0 and up to 40, which is what the Directory API grants"))
	}
	// An unset variable of a pipeline comes as an empty text. Without the flag, the answer would be to another
	// question, and with the exit status of a good one.
	for _, f := range []struct{ name, value, what string }{
		{"policy", o.policy, "folder"}, {"against", o.against, "folder"}, {"store", o.store, "store"},
	} {
		if o.set[f.name] && strings.TrimSpace(f.value) == "" {
			problems = append(problems, fmt.Errorf("-%s is empty: write the %s, or leave the flag out", f.name, f.what))
		}
	}
	why := len(o.args) == 4 && o.args[0] == "why"
	if len(o.args) > 0 && !why && !o.importing() && !o.summing() {
		problems = append(problems, errors.New("write: why PERSON OPERATION RESOURCE, summary, import-catalog, or flags only"))
	}
	ways := 0
	for _, asked := range []bool{o.doctor, o.policy != "", len(o.args) > 0} {
		if asked {
			ways++
		}
	}
	if ways > 1 {
		problems = append(problems, errors.New("-doctor, -policy, why, summary and import-catalog go one at a time"))
	}
	if o.against != "" && o.policy == "" {
		problems = append(problems, errors.New("-against needs -policy"))
	}
	if o.agreed != "" && o.policy == "" {
		problems = append(problems, errors.New("-agreed needs -policy"))
	}
	if !why && o.owners+o.tags != "" {
		problems = append(problems, errors.New("-owner and -tag go with why"))
	}
	return errors.Join(problems...)
}

// importing reports whether the catalogue is to be read.
func (o options) importing() bool { return len(o.args) == 1 && o.args[0] == "import-catalog" }

// summing reports whether the latest runs are to be read.
func (o options) summing() bool { return len(o.args) == 1 && o.args[0] == "summary" }

func run(ctx context.Context, args []string, out, log io.Writer) error {
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	p, inForce, err := o.open(ctx)
	if err != nil {
		return err
	}
	if o.importing() {
		text, err := importCatalog(ctx, p, log)
		if err != nil {
			return err
		}
		return o.write(out, []byte(text))
	}
	if o.summing() {
		answer, err := o.summarize(ctx, p, inForce)
		if err != nil {
			return err
		}
		return o.print(out, answer)
	}
	answer, err := o.answer(ctx, p, inForce)
	if answer == nil {
		return err
	}
	return errors.Join(err, o.print(out, answer))
}

// open returns the platform and the files of the policy in force.
func (o options) open(ctx context.Context) (*platform, fs.FS, error) {
	if o.demo {
		d, err := newDemo(nil)
		if err != nil {
			return nil, nil, err
		}
		return &d.platform, demo.Policy(), nil
	}
	p, err := production(ctx)
	if err != nil {
		return nil, nil, err
	}
	if o.importing() || o.summing() {
		return p, nil, nil // they do not depend on a policy
	}
	folder := "terraform/policy"
	if name, ok := os.LookupEnv("POLICY_DIR"); ok {
		folder = name
	}
	files, err := policyFolder(folder)
	if o.doctor && errors.Is(err, fs.ErrNotExist) {
		return p, nil, nil
	}
	return p, files, err
}

// policyFolder opens a folder with a policy. One that is not there is an error: no policy is a
// policy too, and nobody should get it by a slip of the pen.
func policyFolder(name string) (fs.FS, error) {
	info, err := os.Stat(name)
	if err == nil && !info.IsDir() {
		err = errors.New("it is not a folder")
	}
	if err != nil {
		return nil, fmt.Errorf("policy folder %s: %w", filepath.Clean(name), err)
	}
	return os.DirFS(name), nil
}

// answer does what the flags ask for. The answer may be there together with an error: one that is
// to be printed all the same.
func (o options) answer(ctx context.Context, p *platform, inForce fs.FS) (printable, error) {
	policy, err := policyfile.Load(inForce)
	if err != nil {
		return nil, err
	}
	if o.doctor {
		warn(o.log, "the policy", policy)
		return examine(ctx, p, policy)
	}
	if o.policy != "" {
		return o.whatIf(ctx, p, inForce)
	}
	warn(o.log, "the policy", policy)
	t, err := openTenant(ctx, p, policy, o.state, o.rate, o.log)
	if err != nil {
		return nil, err
	}
	if len(o.args) > 0 {
		return t.why(ctx, policy, question{person: o.args[1], operation: o.args[2], resource: o.args[3], owners: words(o.owners), tags: words(o.tags)})
	}
	live, err := o.grants(ctx, p)
	if err != nil {
		return nil, err
	}
	return t.plan(ctx, policy, live)
}

// warn says what looks wrong in a policy and may be right. It is no part of the answer, which a program may
// read.
func warn(log io.Writer, which string, p *policyfile.Policy) {
	if len(p.Warnings) > 0 {
		fmt.Fprintf(log, "%s loads; look at this in it:\n%v\n", which, p.Warnings)
	}
}

// words splits a list at its commas.
func words(list string) []string {
	var out []string
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}

func (o options) print(out io.Writer, answer printable) error {
	var text bytes.Buffer
	if err := formats[o.format](&text, answer); err != nil {
		return err
	}
	return o.write(out, text.Bytes())
}

// write writes to the file of -out, or where there is none to out.
func (o options) write(out io.Writer, text []byte) error {
	if o.out == "" {
		_, err := out.Write(text)
		return err
	}
	if err := writeFile(o.out, text); err != nil {
		return fmt.Errorf("write %s: %w", o.out, err)
	}
	return nil
}
