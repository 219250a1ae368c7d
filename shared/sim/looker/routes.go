package looker

import (
	"encoding/json"
	"net/http"
	"strings"
)

// routes binds Looker's paths to the operations, which have Looker's names.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/", unknownPath)
	add := func(pattern string, op operation) {
		s.served = append(s.served, API+"."+op.name)
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /api/4.0"+path, s.handler(op))
	}
	add("POST /login", operation{name: "login", open: true, missing: []string{"client_id", "client_secret"}, answer: login})
	add("DELETE /logout", operation{name: "logout", answer: logout})

	add("GET /user", operation{name: "me", selects: userShape, answer: me})
	add("GET /users", operation{
		name: "all_users", lists: true, selects: userShape, answer: allUsers,
		params: []string{"limit", "offset", "sorts", "ids"}, missing: []string{"page", "per_page"},
	})
	add("GET /users/search", operation{
		name: "search_users", lists: true, selects: userShape, answer: searchUsers,
		params: []string{
			"limit", "offset", "sorts", "filter_or", "id", "first_name", "last_name", "full_name", "email",
			"is_disabled", "verified_looker_employee", "is_service_account",
		},
		missing: []string{"page", "per_page", "embed_user", "content_metadata_id", "group_id", "can_manage_api3_creds"},
	})
	add("POST /users", operation{name: "create_user", writes: true, conflicts: true, selects: userShape, answer: createUser})
	add("GET /users/{user_id}", operation{name: "user", selects: userShape, answer: getUser})
	add("PATCH /users/{user_id}", operation{name: "update_user", writes: true, selects: userShape, answer: updateUser})

	emailShape := userShape["credentials_email"]
	add("GET /users/{user_id}/credentials_email", operation{name: "user_credentials_email", selects: emailShape, answer: getEmail})
	add("POST /users/{user_id}/credentials_email", operation{
		name: "create_user_credentials_email", writes: true, conflicts: true, selects: emailShape, answer: createEmail,
	})
	add("POST /users/{user_id}/credentials_email/password_reset", operation{
		name: "create_user_credentials_email_password_reset", writes: true, params: []string{"expires"}, selects: emailShape, answer: createReset,
	})
	add("POST /users/{user_id}/credentials_email/send_password_reset", operation{
		name: "send_user_credentials_email_password_reset", writes: true, selects: emailShape, answer: sendReset,
	})

	add("GET /users/{user_id}/sessions", operation{name: "all_user_sessions", lists: true, selects: sessionShape, answer: listSessions})
	add("DELETE /users/{user_id}/sessions/{session_id}", operation{name: "delete_user_session", writes: true, answer: deleteSession})

	add("GET /users/{user_id}/roles", operation{
		name: "user_roles", lists: true, params: []string{"direct_association_only"}, selects: roleShape, answer: userRoles,
	})
	add("PUT /users/{user_id}/roles", operation{name: "set_user_roles", writes: true, selects: roleShape, answer: setUserRoles})
	add("GET /roles", operation{
		name: "all_roles", lists: true, params: []string{"ids"}, missing: []string{"get_all_support_roles"}, selects: roleShape, answer: allRoles,
	})
	add("GET /roles/search/with_user_count", operation{
		name: "search_roles_with_user_count", lists: true, selects: countedRoleShape, answer: countRoles,
		params: []string{"limit", "offset", "sorts", "id", "name"}, missing: []string{"built_in", "filter_or"},
	})
	return mux
}

// unknownPath answers what the API does not have, or this simulator lacks.
func unknownPath(w http.ResponseWriter, _ *http.Request) {
	text, err := json.Marshal(notFound().body())
	if err != nil {
		text = nil
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write(text) // the client may be gone; there is nobody to tell
}
