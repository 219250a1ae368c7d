// Package world is everything in one process: simulated vendors, the functions, and a
// controlled clock on which they live.
//
// Nothing in a world happens by itself. [World.Advance] moves the clock from one thing that is
// due to the next — a notification, a task, a message, a call of the scheduler — and runs each
// at its time, one after the other, so that the same acts on the same seed end the same.
package world

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/sekisho/sekisho/functions/connectcard"
	"github.com/sekisho/sekisho/functions/groupwatch"
	"github.com/sekisho/sekisho/shared/adapters/policyfile"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/sim"
	simfivetran "github.com/sekisho/sekisho/shared/sim/fivetran"
	simiam "github.com/sekisho/sekisho/shared/sim/iam"
	simiap "github.com/sekisho/sekisho/shared/sim/iap"
	simlooker "github.com/sekisho/sekisho/shared/sim/looker"
	simopenmetadata "github.com/sekisho/sekisho/shared/sim/openmetadata"
	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/sim/signin"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Secrets of a world. They open nothing outside of it.
const (
	callerToken   = "caller-of-this-world"
	slackToken    = "xoxb-of-this-world"
	signingSecret = "signing-secret-of-this-world"
	teamID        = "T0000000001"
	robotEmail    = "sekisho@robots.example"
)

// APIToken is the token of the one client of groupapi in a world, who may ask everything.
const APIToken = "api-client-of-this-world"

const (
	apiClient  = "client@clients.example"
	apiClients = `[{"account": "client@clients.example", "groups": [""],
		"scopes": ["groups", "members", "people", "settings", "changes", "export"]}]`
)

// Hosts of a world.
const (
	hostGoogle    = "google.world"
	hostCloud     = "cloud.world"
	hostLooker    = "looker.world"
	hostFivetran  = "fivetran.world"
	hostCatalog   = "catalog.world"
	hostSlack     = "slack.world"
	hostHooks     = "hooks.slack.com"
	hostFunctions = "functions.world"
)

// AlertChannel is the Slack channel that hears what nobody else can be told.
const AlertChannel = "#sekisho"

// Options say what a world is made of.
type Options struct {
	// Company seeds the simulators; nil means the demo company.
	Company *org.Company
	// Policy holds the policy files; nil means no policy.
	Policy fs.FS
	// Path is the file of the embedded database; empty means in memory.
	Path string
	// Throwaway says that the file need not survive the machine.
	Throwaway bool
	// Backend is "embedded" or "gcp"; empty means embedded.
	Backend string
	// DirectoryRate is how many calls a second the Directory API is asked for; 0 means as many
	// as in production.
	DirectoryRate float64
	Seed          uint64
	Log           *slog.Logger
	// Variables are configuration of functions that is not as usual, for all that look at it.
	Variables map[string]string
	// Tap, if not nil, stands before each host of the world and sees what passes.
	Tap func(host string, next http.Handler) http.Handler
}

// World is one world. Its methods are to be called by one goroutine at a time.
type World struct {
	Clock     *Clock
	Workspace *simworkspace.Server
	Slack     *simslack.Server
	Looker    *simlooker.Server
	Cloud     *simiam.Server
	Fivetran  *simfivetran.Server
	Catalog   *simopenmetadata.Server
	Calls     *sim.Calls
	Faults    *sim.Faults
	Usage     *Usage
	Company   *org.Company

	policy    fs.FS
	variables map[string]string // of [Options]
	queues    map[string]QueueOf
	perDay    map[string]int // calls that a function may make in a day, where that is not as usual
	log       *slog.Logger
	transport sim.Transport
	client    *http.Client
	instances map[string]*instance
	backend   backend
	scheduler *scheduler
	ended     chan struct{}
	started   bool
	swept     sweep
	handed    sweep
	proxy     *simiap.Proxy
	signin    *signin.Issuer
	requests  int
	ends      sweep
	random    *random
	windows   map[string]Window // by person
	loads     int               // pages that browsers were shown
}

// New returns a world in which nothing has happened yet.
func New(o Options) (*World, error) {
	if o.Company == nil {
		o.Company = org.Demo()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	// A policy with a mistake starts nothing.
	policy, err := policyfile.Load(o.Policy)
	if err != nil {
		return nil, err
	}
	w := &World{
		Clock: &Clock{now: Begin}, Calls: &sim.Calls{}, Faults: sim.NewFaults(o.Seed), Usage: &Usage{}, Company: o.Company,
		policy: o.Policy, variables: o.Variables, queues: queuesAt(o.DirectoryRate), log: o.Log, transport: sim.Transport{}, instances: map[string]*instance{}, perDay: map[string]int{}, ended: make(chan struct{}),
		random: newRandom(o.Seed), windows: map[string]Window{},
	}
	w.client = &http.Client{Transport: w.transport}
	w.signin = signin.New(w.Clock.Now)
	if err := w.simulate(o, policy); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, f := range Functions {
		i := &instance{function: f, platform: w.platform, ended: w.ended, armed: map[Point]bool{}}
		w.instances[f.Name] = i
		mux.Handle("/"+f.Name, i)
		mux.Handle("/"+f.Name+"/", http.StripPrefix("/"+f.Name, i))
	}
	w.transport[hostFunctions] = mux
	if o.Tap != nil {
		for host, next := range w.transport {
			w.transport[host] = o.Tap(host, next)
		}
	}
	switch o.Backend {
	case "", "embedded":
		w.backend, err = newInProcess(o, w.queues, w.Clock.Now, w.client, url)
	case "gcp":
		w.backend, err = newGoogleCloud(w.queues, w.Clock.Now, w.client, mux)
	default:
		err = fmt.Errorf("backend %q: embedded and gcp are known", o.Backend)
	}
	if err != nil {
		return nil, err
	}
	if w.scheduler, err = newScheduler(Jobs, Begin, w.client, url, w.idle); err != nil {
		return nil, errors.Join(err, w.backend.Close())
	}
	return w, nil
}

// simulate makes the vendors.
func (w *World) simulate(o Options, policy *policyfile.Policy) error {
	var err error
	w.Workspace, err = simworkspace.New(simworkspace.Options{
		Company: o.Company, Now: w.Clock.Now, Push: w.client, Calls: w.Calls, Faults: w.Faults, Seed: o.Seed,
		Tokens: googleTokens, Robots: map[string]string{"token-groupsettings": robotEmail},
	})
	if err != nil {
		return err
	}
	w.transport[hostGoogle] = w.Workspace
	var people []simslack.Person
	for _, p := range o.Company.People {
		if p.Slack {
			people = append(people, simslack.Person{Email: p.Email, Name: p.Name, Locale: p.Locale})
		}
	}
	channels := []string{AlertChannel}
	for _, system := range slices.Sorted(maps.Keys(policy.Inactivity.Systems)) {
		if c := policy.Inactivity.Systems[system].Channel; c != "" && !slices.Contains(channels, c) {
			channels = append(channels, c)
		}
	}
	w.Slack = simslack.New(simslack.Options{
		People: people, Channels: channels, Now: w.Clock.Now, Token: slackToken, SigningSecret: signingSecret, Scopes: slackScopes,
		Interact: url("SlackInteract"), Client: w.client, Calls: w.Calls, Faults: w.Faults, TeamID: teamID,
	})
	for _, p := range people {
		for _, c := range channels {
			if err := w.Slack.Join(c, p.Email); err != nil {
				return err
			}
		}
	}
	w.transport[hostSlack], w.transport[hostHooks] = w.Slack, w.Slack
	return w.simulateOthers(o, policy)
}

func url(function string) string { return "http://" + hostFunctions + "/" + function }

// administrator returns the address of the person for whom functions act in Google Workspace: an
// administrator of the company, or anybody at work where its file names none.
func (w *World) administrator() string {
	anybody := ""
	for _, u := range w.Workspace.Users() {
		switch {
		case u.Suspended:
		case u.Admin:
			return u.Email
		case anybody == "":
			anybody = u.Email
		}
	}
	return anybody
}

// platform is what the world gives to a function.
func (w *World) platform(i *instance) (*cloudfn.Env, error) {
	variables := map[string]string{
		"WEBHOOK_URL": "https://" + hostFunctions + "/GroupWebhook", "ROBOT_EMAIL": robotEmail, "WORKSPACE_URL": "http://" + hostGoogle,
		"WORKSPACE_SUBJECT": w.administrator(), "APPLICATIONS": "admin,groups_enterprise", "CUSTOMER_ID": w.Workspace.CustomerID(),
		"SLACK_TOKEN": slackToken, "SLACK_SIGNING_SECRET": signingSecret, "SLACK_TEAM_ID": teamID,
		"API_AUDIENCE": url("GroupAPI"), "API_CLIENTS": apiClients, "REQUESTS_AUDIENCES": portal,
		"SLACK_URL": "http://" + hostSlack + "/api/", "SLACK_CHANNEL": AlertChannel,
	}
	maps.Copy(variables, otherVariables)
	maps.Copy(variables, w.variables)
	name := strings.ToLower(i.function.Name)
	token := "token-" + name
	if n, ok := w.perDay[name]; ok {
		variables["CALLS_PER_DAY"] = strconv.Itoa(n)
	}
	return &cloudfn.Env{
		Lookup:   func(name string) (string, bool) { v, ok := variables[name]; return v, ok },
		Now:      w.Clock.Now,
		Sleep:    func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Random:   w.random.Float64,
		Store:    seenStore{w.backend.Store(), name, i, w.Usage},
		Bus:      seenBus{w.backend.Bus(), name, w.Usage},
		Queue:    seenQueue{w.backend.Queue(), name, w.Usage},
		Outbound: outbound{i, w.transport},
		Tokens: func(context.Context, ...string) (oauth2.TokenSource, error) {
			return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}), nil
		},
		Policy:  w.policy,
		Log:     w.log,
		Callers: cloudfn.Shared(callerToken),
		Identify: func(_ context.Context, token, _ string) (string, error) {
			if token != APIToken {
				return "", errors.New("no token of this world")
			}
			return apiClient, nil
		},
		Person:   cloudfn.OIDC{Validate: w.signin.Validate}.Person,
		Visitors: cloudfn.IAP{Audience: audience, Validate: w.proxy.Validate, Now: w.Clock.Now},
	}, nil
}

// Store returns the store, for looking at.
func (w *World) Store() store.Store { return w.backend.Store() }

// Client returns a client that reaches the hosts of the world.
func (w *World) Client() *http.Client { return w.client }

// Close ends the world.
func (w *World) Close() error {
	close(w.ended)
	return w.backend.Close()
}

// SetPolicy puts another policy into force: every function starts again with it.
func (w *World) SetPolicy(policy fs.FS) error {
	if _, err := policyfile.Load(policy); err != nil {
		return err
	}
	w.policy = policy
	w.Restart()
	// What the new policy lets people connect is read at once, not within the hour.
	w.scheduler.soon("ConnectCard", connectcard.JobList, w.Clock.Now())
	return nil
}

// Restart stops every function at once and starts it again.
func (w *World) Restart() {
	for _, i := range w.instances {
		i.restart()
	}
}

// Crash lets a function die the next time it reaches a point. The name is that of its
// directory or of its entry point.
func (w *World) Crash(function string, p Point) error {
	for name, i := range w.instances {
		if strings.EqualFold(name, function) {
			i.arm(p)
			return nil
		}
	}
	return fmt.Errorf("%s: %w", function, errNoFunction)
}

const (
	// maxStart bounds how long filling the mirror may take on the clock.
	maxStart = 12 * time.Hour
	// quiet is how long nothing happens where everything has been done.
	quiet = 10 * time.Minute
)

// Start fills the mirror and opens the push channels, and lets the clock run until everything
// is quiet. In a very large company other work than filling the mirror goes on for days, and is not waited
// for longer than half a day.
func (w *World) Start(ctx context.Context) error {
	if w.started {
		return nil
	}
	w.started = true
	if _, err := w.scheduler.Call(ctx, "GroupWatch", event.Tick{Job: groupwatch.JobRenew}); err != nil {
		return err
	}
	for _, job := range []string{connectcard.JobList, connectcard.JobCheck} {
		if _, err := w.scheduler.Call(ctx, "ConnectCard", event.Tick{Job: job}); err != nil {
			return err
		}
	}
	body, err := event.Seal(event.Walk{Run: "first"})
	if err != nil {
		return err
	}
	if err := w.backend.Queue().Enqueue(ctx, queue.Task{Queue: event.QueueDirectory, Name: "walk-first-page-0", Body: body}); err != nil {
		return err
	}
	until := w.Clock.Now().Add(maxStart)
	for w.Clock.Now().Before(until) {
		next, ok := w.backend.Next(ctx)
		if !ok || next.Sub(w.Clock.Now()) > quiet {
			return nil
		}
		if err := w.Advance(ctx, later(next, w.Clock.Now())); err != nil {
			return err
		}
	}
	filled, err := w.filled(ctx)
	if err == nil && !filled {
		err = fmt.Errorf("the mirror was not filled within %s", maxStart)
	}
	return err
}

// filled reports whether all groups were listed and the members of each are known.
func (w *World) filled(ctx context.Context) (bool, error) {
	m := mirror.New(w.Store())
	census, err := m.Census(ctx)
	if err != nil || census.At.IsZero() {
		return false, err
	}
	pending, err := m.Pending(ctx)
	return !pending, err
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// maxStill is how many things may happen at one instant before a world counts as one that
// never comes to rest.
const maxStill = 200_000

// Advance moves the clock to a time. Everything that becomes due runs, in order, at its time.
func (w *World) Advance(ctx context.Context, to time.Time) error {
	still, at := 0, w.Clock.Now()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		next, run, ok := w.next(ctx)
		if !ok || next.After(to) {
			break
		}
		w.Clock.set(next)
		if now := w.Clock.Now(); now.After(at) {
			still, at = 0, now
		}
		if still++; still > maxStill {
			return fmt.Errorf("%d things happened at %s and it goes on", still, at.Format(time.RFC3339))
		}
		if err := run(); err != nil {
			return err
		}
	}
	w.Clock.set(to)
	return nil
}

// AdvanceAll moves the clock to a time as [World.Advance] does, and has those jobs come once more
// that come every minute and would find something now: what is due at a time is done at that time,
// however many seconds after the full minute it lies.
func (w *World) AdvanceAll(ctx context.Context, to time.Time) error {
	if err := w.Advance(ctx, to); err != nil {
		return err
	}
	for _, j := range Jobs {
		if j.Spec != everyMinute || w.idle(ctx, j, w.Clock.Now()) {
			continue
		}
		if _, err := w.scheduler.Call(ctx, j.Function, event.Tick{Job: j.Name}); err != nil {
			continue // it crashed; its own minute comes
		}
	}
	return w.Settle(ctx)
}

// Settle runs what is due now.
func (w *World) Settle(ctx context.Context) error { return w.Advance(ctx, w.Clock.Now()) }

// next returns what is due first. At one instant vendors come before messages and tasks, and
// those before the scheduler.
func (w *World) next(ctx context.Context) (time.Time, func() error, bool) {
	var at time.Time
	var run func() error
	offer := func(t time.Time, ok bool, do func() error) {
		if ok && (run == nil || t.Before(at)) {
			at, run = t, do
		}
	}
	for _, agenda := range w.agendas() {
		t, ok := agenda.Next()
		offer(t, ok, func() error { agenda.RunNext(ctx, w.Clock.Now()); return nil })
	}
	t, ok := w.backend.Next(ctx)
	offer(t, ok, func() error { return w.backend.RunNext(ctx) })
	if w.started {
		t, ok = w.scheduler.Next(ctx)
		offer(t, ok, func() error { return w.scheduler.RunNext(ctx, w.Clock.Now()) })
	}
	return at, run, run != nil
}
