package embedded_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/sekisho/sekisho/shared/adapters/embedded"
)

// serve runs a Serve function until the test ends, and closes the database after it.
func serve(t *testing.T, db *embedded.DB, run func(context.Context, *http.Client) error) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, http.DefaultClient) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
		db.Close()
	})
}
