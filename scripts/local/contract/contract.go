// Package contract holds what passes in a world against the vendors' descriptions of their APIs:
// what the functions ask, what the simulators answer, and what they post to the functions.
package contract

import (
	"io/fs"
	"net/http"
	"slices"

	"github.com/sekisho/sekisho/shared/sim/contract"
	simfivetran "github.com/sekisho/sekisho/shared/sim/fivetran"
	simiam "github.com/sekisho/sekisho/shared/sim/iam"
	simlooker "github.com/sekisho/sekisho/shared/sim/looker"
	simopenmetadata "github.com/sekisho/sekisho/shared/sim/openmetadata"
	simslack "github.com/sekisho/sekisho/shared/sim/slack"
	simworkspace "github.com/sekisho/sekisho/shared/sim/workspace"
)

// Exceptions are those of all vendors.
var Exceptions = slices.Concat(contract.GoogleExceptions, contract.SlackExceptions)

// Judge judges the traffic of worlds. It is safe for concurrent use.
type Judge struct {
	*contract.Recorder

	google        *contract.Google
	notifications *contract.Notifications
	slack         *contract.Slack
	slackPushes   *contract.SlackPushes
}

// New reads the vendors' descriptions and returns a judge that has seen nothing.
func New(specs fs.FS) (*Judge, error) {
	j := &Judge{Recorder: contract.NewRecorder(Exceptions...)}
	var err error
	j.google, err = contract.LoadGoogle(specs, "admin.directory.v1.admin", "admin.reports.v1.admin", "groupssettings.v1.groupssettings")
	if err != nil {
		return nil, err
	}
	if j.notifications, err = contract.LoadNotifications(specs); err != nil {
		return nil, err
	}
	if j.slack, err = contract.LoadSlack(specs); err != nil {
		return nil, err
	}
	if j.slackPushes, err = contract.LoadSlackPushes(specs); err != nil {
		return nil, err
	}
	return j, nil
}

// Again returns a judge with the same descriptions that has seen nothing.
func (j *Judge) Again() *Judge {
	again := *j
	again.Recorder = contract.NewRecorder(Exceptions...)
	return &again
}

// Tap is a tap for the worlds of package world. The traffic with Google Cloud, Looker, Fivetran and
// OpenMetadata is held against their descriptions where their adapters are tested.
func (j *Judge) Tap(_ string, next http.Handler) http.Handler {
	switch server := next.(type) {
	case *simworkspace.Server:
		google := *j.google
		google.Scopes = server.Scopes
		return j.Handler(contract.Tap{Specs: []contract.Spec{&google}}, next)
	case *simslack.Server:
		return j.Handler(contract.Tap{Specs: []contract.Spec{j.slack}}, next)
	}
	switch next.(type) {
	case *simiam.Server, *simlooker.Server, *simfivetran.Server, *simopenmetadata.Server:
		return next
	}
	// The functions, to which the bus, the queues and the scheduler speak too.
	return j.Handler(contract.Tap{Specs: []contract.Spec{j.notifications, j.slackPushes}, Others: true}, next)
}
