package contract

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// statusNames are the names of google.rpc.Code that go with an HTTP status.
// https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
var statusNames = map[int][]string{
	http.StatusBadRequest:          {"INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"},
	http.StatusUnauthorized:        {"UNAUTHENTICATED"},
	http.StatusForbidden:           {"PERMISSION_DENIED"},
	http.StatusNotFound:            {"NOT_FOUND"},
	http.StatusConflict:            {"ABORTED", "ALREADY_EXISTS"},
	http.StatusTooManyRequests:     {"RESOURCE_EXHAUSTED"},
	http.StatusInternalServerError: {"INTERNAL", "UNKNOWN", "DATA_LOSS"},
	http.StatusNotImplemented:      {"UNIMPLEMENTED"},
	http.StatusServiceUnavailable:  {"UNAVAILABLE"},
	http.StatusGatewayTimeout:      {"DEADLINE_EXCEEDED"},
}

// errorReason is the form of ErrorInfo.reason.
// https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
var errorReason = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,61}[A-Z0-9]$`)

// checkError checks the form of an error, which no discovery document has.
// https://cloud.google.com/apis/design/errors
func checkError(p *problems, m *method, x *Exchange) {
	if m.document.atom() && x.URL.Query().Get("alt") != "json" {
		return // an Atom API answers errors in XML of its own, which is not described
	}
	if kind := mediaType(x.AnswerHeader); kind != "application/json" {
		p.add("error", "its Content-Type is %q", kind)
	}
	answer, err := decode(x.Answer)
	if err != nil {
		p.add("error", "%v", err)
		return
	}
	object, _ := answer.(map[string]any)
	body, ok := object["error"].(map[string]any)
	if !ok || len(object) != 1 {
		p.add("error", "it is not an object with the single field error")
		return
	}
	for _, name := range sortedKeys(body) {
		if !slices.Contains([]string{"code", "message", "errors", "status", "details"}, name) {
			p.add("error."+name, "there is no such field")
		}
	}
	if code, _ := body["code"].(json.Number); code.String() != fmt.Sprint(x.Status) {
		p.add("error.code", "it is %v, and the status is %d", body["code"], x.Status)
	}
	if text, _ := body["message"].(string); text == "" {
		p.add("error.message", "there is none")
	}
	if status, there := body["status"]; there {
		if name, _ := status.(string); !slices.Contains(statusNames[x.Status], name) {
			p.add("error.status", "%v does not go with %d", status, x.Status)
		}
	}
	checkErrorItems(p, body)
	checkErrorDetails(p, body)
}

func checkErrorItems(p *problems, body map[string]any) {
	items, ok := body["errors"].([]any)
	if !ok {
		if _, there := body["errors"]; there {
			p.add("error.errors", "it is %s, not an array", kindOf(body["errors"]))
		}
		return
	}
	for _, item := range items {
		one, _ := item.(map[string]any)
		for _, name := range []string{"message", "domain", "reason"} {
			if text, _ := one[name].(string); text == "" {
				p.add("error.errors[]."+name, "there is none")
			}
		}
		for _, name := range sortedKeys(one) {
			if !slices.Contains([]string{"message", "domain", "reason", "location", "locationType", "extendedHelp"}, name) {
				p.add("error.errors[]."+name, "there is no such field")
			} else if _, ok := one[name].(string); !ok {
				p.add("error.errors[]."+name, "it is %s, not a string", kindOf(one[name]))
			}
		}
		_, location := one["location"]
		kind, typed := one["locationType"]
		if location != typed {
			p.add("error.errors[].locationType", "location and locationType come together")
		}
		if typed && kind != "parameter" && kind != "header" {
			p.add("error.errors[].locationType", "it is %v", kind)
		}
	}
}

func checkErrorDetails(p *problems, body map[string]any) {
	details, there := body["details"]
	if !there {
		return
	}
	list, ok := details.([]any)
	if !ok {
		p.add("error.details", "it is %s, not an array", kindOf(details))
	}
	for _, d := range list {
		detail, _ := d.(map[string]any)
		kind, _ := detail["@type"].(string)
		if !strings.HasPrefix(kind, "type.googleapis.com/") {
			p.add("error.details[].@type", "it is %v", detail["@type"])
		}
		if kind != "type.googleapis.com/google.rpc.ErrorInfo" {
			continue
		}
		if reason, _ := detail["reason"].(string); !errorReason.MatchString(reason) {
			p.add("error.details[].reason", "it is %v", detail["reason"])
		}
		if domain, _ := detail["domain"].(string); domain == "" {
			p.add("error.details[].domain", "there is none")
		}
		for _, name := range sortedKeys(detail) {
			if !slices.Contains([]string{"@type", "reason", "domain", "metadata"}, name) {
				p.add("error.details[]."+name, "there is no such field")
			}
		}
	}
}

// reasonOf returns the reason of an error in either of Google's forms, or nothing.
func reasonOf(answer []byte) string {
	var body struct {
		Error struct {
			Status string `json:"status"`
			Errors []struct {
				Reason string `json:"reason"`
			} `json:"errors"`
		} `json:"error"`
	}
	if json.Unmarshal(answer, &body) != nil {
		return ""
	}
	if len(body.Error.Errors) > 0 {
		return body.Error.Errors[0].Reason
	}
	return body.Error.Status
}

// atom reports whether an API answers in Atom unless it is asked for JSON.
func (d *discovery) atom() bool {
	alt := d.Parameters["alt"]
	return alt != nil && alt.Default == "atom"
}

// appsNamespace is the XML namespace of the fields in Atom entries.
const appsNamespace = "http://schemas.google.com/apps/2006"

// checkAtom checks that an Atom entry has the fields of the schema and no others.
func checkAtom(p *problems, m *method, x *Exchange) {
	if kind := mediaType(x.AnswerHeader); kind != "application/atom+xml" {
		p.add("header.Content-Type", "%q, and the answer is Atom", kind)
	}
	s := m.document.resolve(m.Response)
	fields := 0
	for d := xml.NewDecoder(strings.NewReader(string(x.Answer))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			p.add("answer", "it is no XML: %v", err)
			return
		}
		element, ok := token.(xml.StartElement)
		if !ok || element.Name.Space != appsNamespace {
			continue
		}
		fields++
		if s.Properties[element.Name.Local] == nil {
			p.add("answer."+element.Name.Local, "there is no such field")
		}
	}
	if fields == 0 {
		p.add("answer", "it has no fields")
	}
}
