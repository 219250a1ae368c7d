// Command quarantine shows the messages with which no function could do anything, and has one
// delivered to its function again when the cause is mended.
//
//	go run ./scripts/quarantine -project PROJECT                       what is there, newest first
//	go run ./scripts/quarantine -project PROJECT show ID               one message as a whole
//	go run ./scripts/quarantine -project PROJECT -number NUMBER -region REGION redeliver ID...
//	                                                                   have messages delivered again
//
// It takes the application default credentials. To look takes roles/datastore.viewer; to have
// something delivered roles/datastore.user, roles/cloudtasks.enqueuer, and roles/iam.serviceAccountUser
// on the function's invoker. Owners of the project have all of these.
//
// What is delivered again goes to its own function alone, as a task that is tried until the function
// takes it. Functions read the world anew for every message, and do nothing twice: so it does no harm
// if the work was done by another way in the meantime. The message stays in quarantine for the rest of
// its 30 days, with the time at which it was delivered again; one that comes back stands there anew.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/cloudtasks"
	"github.com/sekisho/sekisho/shared/adapters/firestore"
	"github.com/sekisho/sekisho/shared/ports/queue"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are the flags, and the words after them.
type options struct {
	deployment
	database string
	again    bool
	verb     string
	ids      []string
}

func parse(args []string, log io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("quarantine", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.StringVar(&o.project, "project", "", "the `project` of the deployment")
	flags.StringVar(&o.database, "database", "sekisho", "the Firestore `database` in it")
	flags.StringVar(&o.number, "number", "", "the project's `number`, to deliver: gcloud projects describe PROJECT --format='value(projectNumber)'")
	flags.StringVar(&o.region, "region", "", "the `region` of the functions, to deliver")
	flags.BoolVar(&o.again, "again", false, "deliver what was delivered again before, too")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.verb = "list"
	if flags.NArg() > 0 {
		o.verb, o.ids = flags.Arg(0), flags.Args()[1:]
	}
	return o, o.check()
}

func (o options) check() error {
	var problems []error
	if o.project == "" {
		problems = append(problems, errors.New("-project: name the project of the deployment"))
	}
	switch o.verb {
	case "list":
		if len(o.ids) > 0 {
			problems = append(problems, errors.New("list takes no ids"))
		}
	case "show":
		if len(o.ids) != 1 {
			problems = append(problems, errors.New("write: show ID"))
		}
	case "redeliver":
		if len(o.ids) == 0 {
			problems = append(problems, errors.New("write: redeliver ID, one or several"))
		}
		if o.number == "" || o.region == "" {
			problems = append(problems, errors.New("redeliver needs -number and -region, by which the functions' addresses are known"))
		}
	default:
		problems = append(problems, fmt.Errorf("%q: list, show and redeliver are known, after the flags", o.verb))
	}
	return errors.Join(problems...)
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	db, err := firestore.Open(ctx, o.project, o.database, time.Now)
	if err != nil {
		return err
	}
	defer db.Close()
	w := ward{store: db, deployment: o.deployment, now: time.Now, out: out, open: func(ctx context.Context, name string, to cloudtasks.Destination) (queue.Queue, func() error, error) {
		q, err := cloudtasks.Open(ctx, o.project, o.region, map[string]cloudtasks.Destination{name: to}, time.Now)
		if err != nil {
			return nil, nil, err
		}
		return q, q.Close, nil
	}}
	switch o.verb {
	case "show":
		return w.show(ctx, o.ids[0])
	case "redeliver":
		return w.redeliver(ctx, o.ids, o.again)
	}
	return w.list(ctx)
}
