package main

import (
	"fmt"
	"net/http"
)

// failing refuses some requests, as Google does without the right to them.
func failing(next http.Handler, when func(path string) bool) http.Handler {
	return refusing(next, when, http.StatusForbidden, "forbidden", "", "Not Authorized to access this resource/api")
}

// refusing answers some requests with one of Google's errors.
func refusing(next http.Handler, when func(path string) bool, code int, reason, detail, message string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !when(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(code)
		details := "[]"
		if detail != "" {
			details = fmt.Sprintf(`[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":%q,"domain":"googleapis.com"}]`, detail)
		}
		fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"errors":[{"domain":"global","reason":%q,"message":%q}],"details":%s}}`, code, message, reason, message, details)
	})
}
