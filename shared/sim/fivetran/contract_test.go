package fivetran_test

import (
	"net/http"
	"testing"
)

// judged will hold what passes the API against Fivetran's own description.
func judged(_ *testing.T, api http.Handler) http.Handler { return api }
