package workspace_test

import (
	"io"
	"net/http"
)

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	n := len(h.got)
	h.got = append(h.got, notification{r.Header, body})
	if h.status != nil {
		w.WriteHeader(h.status(n))
	}
}
