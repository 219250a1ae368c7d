// Package grouprefresh reads groups and people from the Directory API into the mirror.
//
// Trigger: tasks of the queue directory: one group, one person, or one
// page of a walk through everything.
// Cloud Scheduler: job "walk", nightly; the first one fills the mirror.
//
// Reads: groups, members, people, cursors.
//
// Writes: groups, members, people, cursors; publishes group-changed.
//
// Calls: Admin SDK Directory API, as its only caller: groups.list, groups.get, members.list,
// users.list, users.get.
//
// Permissions: roles/datastore.user, roles/pubsub.publisher on group-changed,
// roles/cloudtasks.enqueuer on directory, roles/iam.serviceAccountUser on its caller,
// roles/iam.serviceAccountTokenCreator on itself; scopes admin.directory.group.readonly,
// admin.directory.group.member.readonly and admin.directory.user.readonly.
//
// On failure: the queue tries again. A listing that may be incomplete is an error, never a
// reading. A walk goes on from its last page.
package grouprefresh

import (
	"context"
	"net/http"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/cloudfn"
	"github.com/sekisho/sekisho/shared/state/mirror"
)

// Function is the deployable.
var Function = cloudfn.Function{Name: "GroupRefresh", Build: build}

func init() { cloudfn.Register(Function) }

type config struct {
	BaseURL  string `env:"WORKSPACE_URL"`
	Customer string `env:"CUSTOMER_ID, default=my_customer"`
}

func build(ctx context.Context, env *cloudfn.Env) (http.Handler, error) {
	var cfg config
	if err := env.Load(ctx, &cfg); err != nil {
		return nil, err
	}
	client, err := env.Google(ctx,
		"https://www.googleapis.com/auth/admin.directory.group.readonly",
		"https://www.googleapis.com/auth/admin.directory.group.member.readonly",
		"https://www.googleapis.com/auth/admin.directory.user.readonly")
	if err != nil {
		return nil, err
	}
	directory, err := workspace.NewDirectory(ctx, workspace.Options{Client: client, BaseURL: cfg.BaseURL, Customer: cfg.Customer, Now: env.Now})
	if err != nil {
		return nil, err
	}
	h := &handler{store: env.Store, bus: env.Bus, queue: env.Queue, mirror: mirror.New(env.Store), directory: directory, now: env.Now}
	return cloudfn.Messages("grouprefresh", env, cloudfn.On(h.refresh), cloudfn.On(h.refreshPerson), cloudfn.On(h.walk), cloudfn.On(h.tick)), nil
}
