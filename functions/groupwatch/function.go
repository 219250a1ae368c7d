// Package groupwatch watches the audit log of groups: it keeps the push channels open and
// reads the log itself, so that a lost notification is repaired.
//
// Trigger: Cloud Scheduler: job "renew" hourly, job "poll" every 5 minutes.
//
// Reads: channels, cursors, groups, people, settings, walks (when were they read last?).
//
// Writes: channels, cursors.
//
// Calls: Admin SDK Reports API, as its only caller: activities.watch, activities.list,
// channels.stop. It queues readings to the queues directory and groups-settings.
//
// Permissions: roles/datastore.user, roles/cloudtasks.enqueuer on directory and groups-settings,
// roles/iam.serviceAccountUser on their callers, roles/iam.serviceAccountTokenCreator on itself;
// scope admin.reports.audit.readonly for an account that may read the audit log.
//
// On failure: the scheduler tries again; the log is read from where the last complete reading
// ended.
package groupwatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "GroupWatch", Build: build}

func init() { cloudfn.Register(Function) }

// How far a poll may read back: always further than what the poll before left to it.
const (
	leastOverlap = 10 * time.Minute
	mostOverlap  = 24 * time.Hour
)

type config struct {
	// WebhookURL is where Google notifies: the address of groupwebhook.
	WebhookURL string `env:"WEBHOOK_URL"`
	// Applications are the audit logs that are watched: admin, groups_enterprise, groups.
	Applications []string `env:"APPLICATIONS, default=admin,groups_enterprise"`
	// Robot is the address under which Sekisho itself writes settings: such changes need no
	// second look.
	Robot string `env:"ROBOT_EMAIL"`
	// Overlap is how far a poll reads back behind the last one, for entries that come late: 10m to
	// 24h, and several times the 3m that an event is given to be notified.
	Overlap time.Duration `env:"POLL_OVERLAP, default=3h"`
	// BaseURL is where the API is; empty means at the vendor.
	BaseURL string `env:"WORKSPACE_URL"`
}

// Validate implements [cloudfn.Validator].
func (c *config) Validate() error {
	problems := cloudfn.Missing(map[string]string{"WEBHOOK_URL": c.WebhookURL})
	if u, err := url.Parse(c.WebhookURL); c.WebhookURL != "" && (err != nil || u.Host == "") {
		problems = append(problems, fmt.Errorf("WEBHOOK_URL is no address: %q", c.WebhookURL))
	}
	if c.Overlap < leastOverlap || c.Overlap > mostOverlap {
		problems = append(problems, fmt.Errorf("POLL_OVERLAP is %s: %s to %s, as a poll leaves what is younger than %s to the next one",
			c.Overlap, leastOverlap, mostOverlap, settled))
	}
	for _, a := range c.Applications {
		switch a {
		case "admin", "groups", "groups_enterprise":
		default:
			problems = append(problems, fmt.Errorf("APPLICATIONS has %q: admin, groups and groups_enterprise are known", a))
		}
	}
	return errors.Join(problems...)
}

func build(ctx context.Context, env *cloudfn.Env) (http.Handler, error) {
	var cfg config
	if err := env.Load(ctx, &cfg); err != nil {
		return nil, err
	}
	client, err := env.Google(ctx, "https://www.googleapis.com/auth/admin.reports.audit.readonly")
	if err != nil {
		return nil, err
	}
	reports, err := workspace.NewReports(ctx, workspace.Options{Client: client, BaseURL: cfg.BaseURL, Now: env.Now})
	if err != nil {
		return nil, err
	}
	h := &handler{
		store: env.Store, queue: env.Queue, mirror: mirror.New(env.Store), reports: reports, now: env.Now, log: env.Log,
		address: cfg.WebhookURL, applications: cfg.Applications, robot: cfg.Robot, overlap: cfg.Overlap,
	}
	return cloudfn.Messages("groupwatch", env, cloudfn.On(h.tick)), nil
}
