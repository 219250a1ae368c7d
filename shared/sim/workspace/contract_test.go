package workspace_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/sekisho/sekisho/shared/sim/contract"
	"github.com/sekisho/sekisho/shared/sim/workspace"
)

// pushes is Google's description of notifications, read once; nil where there is none.
var pushes = sync.OnceValues(func() (*contract.Notifications, error) {
	folder, ok := contract.Folder()
	if !ok {
		return nil, nil
	}
	return contract.LoadNotifications(folder)
})

// apis is Google's description of the three APIs, read once for all tests.
var apis = sync.OnceValues(func() (*contract.Google, error) {
	folder, _ := contract.Folder()
	return contract.LoadGoogle(folder, "admin.directory.v1.admin", "admin.reports.v1.admin", "groupssettings.v1.groupssettings")
})

// judged holds what passes the APIs and what is posted to the receiver of notifications
// against Google's own descriptions, where they are at hand.
func judged(t *testing.T, google *workspace.Server, receiver http.Handler) (http.Handler, http.Handler) {
	t.Helper()
	notifications := must[*contract.Notifications](t)(pushes())
	if notifications == nil {
		return google, receiver
	}
	spec := *must[*contract.Google](t)(apis())
	spec.Scopes = google.Scopes
	r := contract.NewRecorder(contract.GoogleExceptions...)
	t.Cleanup(func() {
		for _, v := range r.Report().Violations {
			t.Errorf("against Google's description: %s: %s: %s (%s)", v.Operation, v.At, v.Text, v.Example)
		}
	})
	return r.Handler(contract.Tap{Specs: []contract.Spec{&spec}, Provoking: true}, google),
		r.Handler(contract.Tap{Specs: []contract.Spec{notifications}}, receiver)
}
