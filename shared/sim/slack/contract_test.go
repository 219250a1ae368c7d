package slack_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/sekisho/sekisho/shared/sim/contract"
)

// specs are Slack's descriptions, read once; nil where there are none.
var specs = sync.OnceValues(func() ([]contract.Spec, error) {
	folder, ok := contract.Folder()
	if !ok {
		return nil, nil
	}
	web, err := contract.LoadSlack(folder)
	if err != nil {
		return nil, err
	}
	pushes, err := contract.LoadSlackPushes(folder)
	if err != nil {
		return nil, err
	}
	return []contract.Spec{web, pushes}, nil
})

// judged holds what passes the API and what is posted to the app against Slack's own
// descriptions, where they are at hand.
func judged(t *testing.T, api, app http.Handler) (http.Handler, http.Handler) {
	t.Helper()
	s, err := specs()
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		return api, app
	}
	r := contract.NewRecorder(contract.SlackExceptions...)
	t.Cleanup(func() {
		for _, v := range r.Report().Violations {
			t.Errorf("against Slack's description: %s: %s: %s (%s)", v.Operation, v.At, v.Text, v.Example)
		}
	})
	return r.Handler(contract.Tap{Specs: s[:1], Provoking: true}, api), r.Handler(contract.Tap{Specs: s[1:], Others: true}, app)
}
