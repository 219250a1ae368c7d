package contract

import (
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestGoogleNotifications(t *testing.T) {
	document := `{"rootUrl": "https://admin.googleapis.com/", "schemas": {"Activity": {"type": "object", "properties": {
		"id": {"type": "object", "properties": {"applicationName": {"type": "string"}, "uniqueQualifier": {"type": "string", "format": "int64"}}},
		"events": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}}
	}}}, "methods": {"m": {"id": "m", "httpMethod": "GET", "path": "p"}}}`
	n, err := LoadNotifications(fstest.MapFS{"google/admin.reports.v1.admin.json": {Data: []byte(document)}})
	check(t, err)
	headers := map[string]string{
		"Channel-ID": "c", "Message-Number": "7", "Resource-ID": "r", "Resource-State": "JOIN",
		"Resource-URI":       "https://admin.googleapis.com/admin/reports/v1/activity/users/all/applications/groups?alt=json",
		"Channel-Expiration": "Fri, 20 Nov 2026 06:34:24 GMT", "Channel-Token": "t",
	}
	const good = `{"id": {"applicationName": "groups", "uniqueQualifier": "-7"}, "events": [{"name": "LEAVE"}, {"name": "JOIN"}]}`
	for name, tt := range map[string]struct {
		change map[string]string // header → value, "-" for none
		body   string
		want   []string
	}{
		"good":              {nil, good, nil},
		"without payload":   {nil, "", nil},
		"missing header":    {map[string]string{"Channel-ID": "-"}, good, []string{"request header.X-Goog-Channel-Id: it is required and not there"}},
		"unknown header":    {map[string]string{"Chanel-Id": "x"}, good, []string{"request header.X-Goog-Chanel-Id: there is no such header"}},
		"no date":           {map[string]string{"Channel-Expiration": "1795000000000"}, good, []string{`request header.X-Goog-Channel-Expiration: "1795000000000" is no HTTP date`}},
		"no number":         {map[string]string{"Message-Number": "seven"}, good, []string{`request header.X-Goog-Message-Number: "seven" is no positive integer`}},
		"another state":     {map[string]string{"Resource-State": "exists"}, good, []string{`request header.X-Goog-Resource-State: "exists" is the name of none of the events`}},
		"another resource":  {map[string]string{"Resource-URI": "https://admin.googleapis.com/applications/admin"}, good, []string{`request header.X-Goog-Resource-Uri: https://admin.googleapis.com/applications/admin does not name the application "groups"`}},
		"unknown field":     {nil, strings.Replace(good, `"id"`, `"ID": {}, "id"`, 1), []string{"request body.ID: there is no such field"}},
		"number for int64":  {nil, strings.Replace(good, `"-7"`, `-7`, 1), []string{"request body.id.uniqueQualifier: it is a number, not a string"}},
		"no JSON":           {nil, "x", []string{"request body: it is no JSON: invalid character 'x' looking for beginning of value"}},
		"sync":              {map[string]string{"Resource-State": "sync", "Message-Number": "1"}, "", nil},
		"sync with a body":  {map[string]string{"Resource-State": "sync", "Message-Number": "1"}, "{}", []string{"request body: the first message of a channel has none"}},
		"sync as a seventh": {map[string]string{"Resource-State": "sync"}, "", []string{"request header.X-Goog-Message-Number: it is 7 in the first message of a channel"}},
	} {
		t.Run(name, func(t *testing.T) {
			x := exchange("POST", "https://hook.example.com/", tt.body, 200, "", "Content-Type", "application/json; charset=UTF-8")
			for name, value := range headers {
				x.Header.Set(goog+name, value)
			}
			for name, value := range tt.change {
				x.Header.Set(goog+name, value)
				if value == "-" {
					x.Header.Del(goog + name)
				}
			}
			if diff := cmp.Diff(tt.want, judgement(t, n, x)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if got := judgement(t, n, exchange("POST", "https://hook.example.com/", "", 200, "")); got[0] != "not of this API" {
		t.Errorf("a request without headers of Google: got %v", got)
	}
	x := exchange("GET", "https://hook.example.com/", "", 200, "", "X-Goog-Channel-Id", "c")
	if got := judgement(t, n, x); len(got) < 5 {
		t.Errorf("nearly nothing there: got %v", got)
	}
}

func TestWhatSlackPosts(t *testing.T) {
	s, err := LoadSlackPushes(shopFiles)
	check(t, err)
	const (
		signature = "v0=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		event     = `{"token": "t", "event_time": 1, "event": {"type": "item_sold", "event_ts": "1", "user": "U012", "channel": "D012"}}`
		press     = `{"type": "block_actions", "user": {}, "team": {}, "api_app_id": "A", "token": "t", "container": {}, "trigger_id": "1",
			"actions": [{"type": "button", "action_id": "a", "block_id": "b", "action_ts": "1"}], "message": {"text": "x"}}`
	)
	command := url.Values{}
	for _, name := range commandFields.always {
		command.Set(name, "x")
	}
	command.Set("command", "/why")
	payload := func(text string) string { return url.Values{"payload": {text}}.Encode() }
	with := func(name, value string) string {
		changed := url.Values{}
		for k, v := range command {
			changed[k] = v
		}
		changed.Set(name, value)
		return changed.Encode()
	}
	for name, tt := range map[string]struct {
		kind, body string
		headers    []string
		want       []string
	}{
		"event":                       {"application/json", event, nil, nil},
		"event without time":          {"application/json", strings.Replace(event, "event_time", "time", 1), nil, []string{"request body.event_time: it is required and not there"}},
		"event with a wrong type":     {"application/json", strings.Replace(event, `"event_time": 1`, `"event_time": "1"`, 1), nil, []string{"request body.event_time: it is a string, which is not documented"}},
		"event that nobody knows":     {"application/json", strings.Replace(event, "item_sold", "item_eaten", 1), nil, []string{`request body.event.type: there is no event "item_eaten"`}},
		"event of nobody":             {"application/json", strings.Replace(event, "U012", "aiko", 1), nil, []string{`request body.event.user: "aiko" is no id`}},
		"event that is no JSON":       {"application/json", `{`, nil, []string{"request body: it is no JSON: unexpected EOF"}},
		"command":                     {formType, command.Encode(), nil, nil},
		"command with unknown fields": {formType, with("colour", "red"), nil, []string{"request form.colour: there is no such field"}},
		"command without slash":       {formType, with("command", "why"), nil, []string{`request form.command: "why" begins with no slash`}},
		"press":                       {formType, payload(press), nil, nil},
		"press without trigger":       {formType, payload(strings.Replace(press, "trigger_id", "trigger", 1)), nil, []string{"request payload.trigger: there is no such field", "request payload.trigger_id: it is required and not there"}},
		"press on no block":           {formType, payload(strings.Replace(press, `"block_id": "b", `, "", 1)), nil, []string{"request payload.actions[].block_id: it is required and not there"}},
		"press on a wrong message":    {formType, payload(strings.Replace(press, `{"text": "x"}`, `{"txt": "x"}`, 1)), nil, []string{"request payload.message.text: it is required and not there", "request payload.message.txt: there is no such field"}},
		"interaction of no type":      {formType, payload(`{"type": "dance"}`), nil, []string{`request payload.type: there is no type "dance"`}},
		"interaction that is no JSON": {formType, payload(`{`), nil, []string{"request payload: it is no JSON: unexpected EOF"}},
		"interaction and more":        {formType, payload(press) + "&x=1", nil, []string{"request form: it has the fields [payload x], and not the payload alone"}},
		"a form that cannot be read":  {formType, "%zz", nil, []string{`request body: it cannot be read: invalid URL escape "%zz"`}},
		"another type":                {"text/plain", "", nil, []string{`request header.Content-Type: Slack does not send "text/plain"`}},
		"a signature of another form": {"application/json", event, []string{"X-Slack-Signature", "v1=00"}, []string{`request header.X-Slack-Signature: "v1=00" is no signature of version 0`}},
		"a time of another form":      {"application/json", event, []string{"X-Slack-Request-Timestamp", "now"}, []string{`request header.X-Slack-Request-Timestamp: "now" is no time in seconds`}},
	} {
		t.Run(name, func(t *testing.T) {
			headers := append([]string{"Content-Type", tt.kind, "X-Slack-Signature", signature, "X-Slack-Request-Timestamp", "1795000000"}, tt.headers...)
			if diff := cmp.Diff(tt.want, judgement(t, s, exchange("POST", "https://app.example/", tt.body, 200, "", headers...))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if got := judgement(t, s, exchange("POST", "https://app.example/", "", 200, "")); got[0] != "not of this API" {
		t.Errorf("a request without signature: got %v", got)
	}
}
