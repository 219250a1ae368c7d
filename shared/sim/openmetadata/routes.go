package openmetadata

import (
	"net/http"
	"strings"
)

const (
	plainJSON = "application/json"
	patchJSON = "application/json-patch+json"
)

// routes lists the operations under the paths and names of OpenMetadata's own description.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	handle := func(pattern string, op operation) {
		s.served = append(s.served, op.name)
		mux.HandleFunc(pattern, s.handler(op))
	}
	for _, k := range kinds {
		base := "/api/v1/" + k.plural
		title := strings.ToUpper(k.name[:1]) + k.name[1:]
		plural := strings.ToUpper(k.plural[:1]) + k.plural[1:]
		shown := []string{"fields", "include"}
		listed := append([]string{"fields", "include", "limit", "before", "after"}, k.params...)
		handle("GET "+base, operation{name: "list" + plural, kind: k, lists: true, params: listed, answer: list})
		handle("GET "+base+"/{id}", operation{name: "get" + title + "ByID", kind: k, params: shown, answer: byID})
		// Two paths that one pattern has to tell apart: teams/name/NAME and teams/ID/versions.
		named := operation{name: "get" + title + "ByFQN", kind: k, params: shown, answer: byName}
		history := operation{name: "listAll" + title + "Version", kind: k, answer: versions}
		s.served = append(s.served, named.name, history.name)
		mux.HandleFunc("GET "+base+"/{id}/{last}", func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.PathValue("id") == "name":
				r.SetPathValue("name", r.PathValue("last"))
				s.handler(named)(w, r)
			case r.PathValue("last") == "versions":
				s.handler(history)(w, r)
			default:
				http.NotFound(w, r)
			}
		})
		handle("GET "+base+"/{id}/versions/{version}", operation{name: "getSpecific" + title + "Version", kind: k, answer: oneVersion})
		handle("PATCH "+base+"/{id}", operation{name: "patch" + title, kind: k, writes: true, media: patchJSON, answer: patch})
		if k == tables {
			continue // tables are made by ingestion
		}
		handle("POST "+base, operation{name: "create" + title, kind: k, writes: true, media: plainJSON, answer: create})
		handle("PUT "+base, operation{name: "createOrUpdate" + title, kind: k, writes: true, media: plainJSON, answer: createOrUpdate})
		handle("DELETE "+base+"/{id}", operation{name: "delete" + title, kind: k, writes: true, params: []string{"hardDelete", "recursive"}, answer: deleteOne})
		handle("PUT "+base+"/restore", operation{name: "restore" + title, kind: k, writes: true, media: plainJSON, answer: restore})
	}
	handle("PUT /api/v1/teams/{id}/users", operation{name: "updateTeamUsers", kind: teams, writes: true, media: plainJSON, answer: replaceUsers})
	handle("DELETE /api/v1/teams/{id}/users/{user}", operation{name: "deleteTeamUser", kind: teams, writes: true, answer: removeUser})
	return mux
}
