package groupapi

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
)

// stream answers with lines of JSON. What goes wrong before the first line is a problem;
// afterwards the lines just end, without the last one.
func (h *handler) stream(ctx context.Context, w http.ResponseWriter, q *question, r route) {
	out := bufio.NewWriterSize(w, 64<<10)
	encoder := json.NewEncoder(out)
	begun := false
	err := r.Stream(ctx, q, func(line any) error {
		if !begun {
			begun = true
			w.Header().Set("Content-Type", "application/x-ndjson")
			w.Header().Set("Cache-Control", "private, no-store")
		}
		return encoder.Encode(line)
	})
	if err != nil && !begun {
		h.refuse(ctx, w, err)
		return
	}
	if err != nil {
		h.log.ErrorContext(ctx, "a stream was cut off", "error", err.Error())
	}
	// The client may be gone; there is nobody to tell.
	_ = out.Flush()
}
