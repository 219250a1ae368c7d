package openmetadata_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/sekisho/sekisho/shared/sim/contract"
)

// description is OpenMetadata's own, read once for all tests; nil where there is none.
var description = sync.OnceValues(func() (*contract.OpenAPI3, error) {
	folder, ok := contract.Folder()
	if !ok {
		return nil, nil
	}
	return contract.LoadOpenMetadata(folder)
})

// judged holds what passes the API against OpenMetadata's own schemas, where they are at hand.
func judged(t *testing.T, api http.Handler) http.Handler {
	t.Helper()
	spec, err := description()
	check(t, err)
	if spec == nil {
		return api
	}
	r := contract.NewRecorder(contract.OpenMetadataExceptions...)
	t.Cleanup(func() {
		for _, v := range r.Report().Violations {
			t.Errorf("against OpenMetadata's schemas: %s: %s: %s (%s)", v.Operation, v.At, v.Text, v.Example)
		}
	})
	return r.Handler(contract.Tap{Specs: []contract.Spec{spec}, Provoking: true}, api)
}
