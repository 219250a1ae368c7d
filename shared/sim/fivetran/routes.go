package fivetran

import (
	"encoding/json"
	"net/http"
	"strings"
)

// routes lists the operations under the names and paths of Fivetran's OpenAPI document.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	paging := []string{"cursor", "limit"}
	handle := func(pattern string, op operation) {
		s.served = append(s.served, op.name)
		mux.HandleFunc(pattern, s.handler(op))
	}
	handle("GET /v1/account/info", operation{name: "get_account_info", answer: accountInfo})
	handle("GET /v1/groups", operation{name: "list_all_groups", lists: true, params: paging, answer: listGroups})
	handle("GET /v1/groups/{id}", operation{name: "group_details", answer: groupDetails})
	handle("GET /v1/groups/{id}/connections", operation{name: "list_all_connections_in_group", lists: true, params: append(paging, "schema"), answer: listGroupConnections})
	handle("GET /v1/metadata/connector-types", operation{name: "metadata_connectors", lists: true, params: paging, answer: listServices})
	handle("GET /v1/metadata/connector-types/{id}", operation{name: "metadata_connector_config", answer: serviceDetails})

	handle("GET /v1/connections", operation{name: "list_connections", lists: true, params: append(paging, "schema", "group_id"), answer: listConnections})
	handle("POST /v1/connections", operation{name: "create_connection", writes: true, created: true, answer: createConnection})
	handle("GET /v1/connections/{id}", operation{name: "connection_details", answer: connectionDetails})
	handle("PATCH /v1/connections/{id}", operation{name: "modify_connection", writes: true, answer: modifyConnection})
	handle("DELETE /v1/connections/{id}", operation{name: "delete_connection", writes: true, answer: deleteConnection})
	handle("POST /v1/connections/{id}/connect-card", operation{name: "connect_card", writes: true, answer: connectCard})
	handle("POST /v1/connections/{id}/test", operation{name: "run_setup_tests", writes: true, answer: runSetupTests})
	handle("POST /v1/connections/{id}/sync", operation{name: "sync_connection", writes: true, answer: syncConnection})

	handle("GET /v1/webhooks", operation{name: "list_all_webhooks", lists: true, params: paging, answer: listWebhooks})
	handle("POST /v1/webhooks/account", operation{name: "create_account_webhook", writes: true, answer: createWebhook})
	handle("GET /v1/webhooks/{id}", operation{name: "webhook_details", answer: webhookDetails})
	handle("PATCH /v1/webhooks/{id}", operation{name: "modify_webhook", writes: true, answer: modifyWebhook})
	handle("DELETE /v1/webhooks/{id}", operation{name: "delete_webhook", writes: true, answer: deleteWebhook})
	// Two paths that one pattern has to tell apart: webhooks/group/ID and webhooks/ID/test.
	inGroup := operation{name: "create_group_webhook", writes: true, answer: createWebhook}
	test := operation{name: "test_webhook", writes: true, answer: testWebhook}
	s.served = append(s.served, inGroup.name, test.name)
	mux.HandleFunc("POST /v1/webhooks/{id}/{last}", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.PathValue("id") == "group":
			r.SetPathValue("group", r.PathValue("last"))
			s.handler(inGroup)(w, r)
		case r.PathValue("last") == "test":
			s.handler(test)(w, r)
		default:
			noSuchPath(w, http.StatusNotFound, "NotFound")
		}
	})

	mux.HandleFunc("GET /connect-card/setup", s.showCard)
	mux.HandleFunc("POST /connect-card/setup", s.sendCard)
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		// The paths that exist answer only to their own methods.
		status, code := http.StatusNotFound, "NotFound"
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); !strings.HasPrefix(pattern, "/v1/") {
				status, code = http.StatusMethodNotAllowed, "MethodNotAllowed"
			}
		}
		noSuchPath(w, status, code)
	})
	return mux
}

func noSuchPath(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"code": code, "message": "HTTP " + http.StatusText(status)})
}
