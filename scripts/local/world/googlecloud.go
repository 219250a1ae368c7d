package world

import (
	"errors"
	"net/http"
	"time"
)

func newGoogleCloud(func() time.Time, *http.Client, http.Handler) (backend, error) {
	return nil, errors.New("backend gcp: the adapters of Google Cloud are not linked in")
}
