package contract

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// SlackPushes is the [Spec] of what Slack posts to an app: events, interactions and slash
// commands. Events have a schema. Interactions and commands have none; what Slack's pages list
// is in the tables below, and the messages and views inside them are held against what the Web
// API says of messages and views.
type SlackPushes struct {
	web     *Slack
	wrapper *swagger
	events  map[string]bool
}

// LoadSlackPushes reads the schema of events, and the descriptions that [LoadSlack] reads.
func LoadSlackPushes(specs fs.FS) (*SlackPushes, error) {
	web, err := LoadSlack(specs)
	if err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(specs, "slack/slack_common_event_wrapper_schema.json")
	if err != nil {
		return nil, fmt.Errorf("read the schema of Slack's events: %w", err)
	}
	s := &SlackPushes{web: web, wrapper: &swagger{}, events: map[string]bool{}}
	if err := json.Unmarshal(data, s.wrapper); err != nil {
		return nil, fmt.Errorf("read the schema of Slack's events: %w", err)
	}
	if err := web.openAPI.prepare(s.wrapper); err != nil {
		return nil, fmt.Errorf("read the schema of Slack's events: %w", err)
	}
	names, err := fs.Glob(specs, slackReference+"/event.*.json")
	if err != nil {
		return nil, fmt.Errorf("read Slack's reference of events: %w", err)
	}
	for _, name := range names {
		name = strings.TrimPrefix(name, slackReference+"/event.")
		s.events[strings.TrimSuffix(name, ".json")] = true
	}
	return s, nil
}

var (
	signatureForm = regexp.MustCompile(`^v0=[0-9a-f]{64}$`)
	secondsForm   = regexp.MustCompile(`^\d{10}$`)
)

// Check implements [Spec]. What the app answers is not judged.
func (s *SlackPushes) Check(x *Exchange) (Checked, bool) {
	if x.Header.Get("X-Slack-Signature") == "" {
		return Checked{}, false
	}
	var p problems
	if x.Method != http.MethodPost {
		p.add("method", "it is %s", x.Method)
	}
	// https://docs.slack.dev/authentication/verifying-requests-from-slack
	if text := x.Header.Get("X-Slack-Signature"); !signatureForm.MatchString(text) {
		p.add("header.X-Slack-Signature", "%q is no signature of version 0", text)
	}
	if text := x.Header.Get("X-Slack-Request-Timestamp"); !secondsForm.MatchString(text) {
		p.add("header.X-Slack-Request-Timestamp", "%q is no time in seconds", text)
	}
	var operation string
	switch kind := mediaType(x.Header); kind {
	case "application/json":
		operation = s.checkEvent(&p, x.Body)
	case "application/x-www-form-urlencoded":
		operation = s.checkForm(&p, x.Body)
	default:
		operation = "push"
		p.add("header.Content-Type", "Slack does not send %q", kind)
	}
	return Checked{
		Operation: "slack." + operation, Outcome: fmt.Sprint(x.Status), Accepted: x.Status == http.StatusOK, Request: p.list,
	}, true
}

func (s *SlackPushes) checkEvent(p *problems, raw []byte) string {
	body, err := decode(raw)
	if err != nil {
		p.add("body", "%v", err)
		return "event"
	}
	slackVisit{p, s.web}.value("body", s.wrapper, nil, body)
	object, _ := body.(map[string]any)
	event, _ := object["event"].(map[string]any)
	name, _ := event["type"].(string)
	if !s.events[name] {
		p.add("body.event.type", "there is no event %q", name)
	}
	for _, field := range []string{"user", "channel"} {
		form := map[string]*regexp.Regexp{"user": userForm, "channel": channelForm}[field]
		if text, ok := event[field].(string); ok && !form.MatchString(text) {
			p.add("body.event."+field, "%q is no id", text)
		}
	}
	return "event." + name
}

func (s *SlackPushes) checkForm(p *problems, raw []byte) string {
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		p.add("body", "it cannot be read: %v", err)
		return "push"
	}
	if form.Has("command") {
		fields := map[string]any{}
		for name := range form {
			fields[name] = form.Get(name)
		}
		commandFields.check(p, "form", fields)
		if text := form.Get("command"); !strings.HasPrefix(text, "/") {
			p.add("form.command", "%q begins with no slash", text)
		}
		return "command"
	}
	if len(form) != 1 || len(form["payload"]) != 1 {
		p.add("form", "it has the fields %v, and not the payload alone", sortedKeys(form))
	}
	body, err := decode([]byte(form.Get("payload")))
	if err != nil {
		p.add("payload", "%v", err)
		return "interaction"
	}
	payload, _ := body.(map[string]any)
	kind, _ := payload["type"].(string)
	fields, known := interactionFields[kind]
	if !known {
		p.add("payload.type", "there is no type %q", kind)
		return "interaction"
	}
	fields.check(p, "payload", payload)
	s.checkInteraction(p, payload)
	return "interaction." + kind
}

func (s *SlackPushes) checkInteraction(p *problems, payload map[string]any) {
	v := slackVisit{p, s.web}
	if state, there := payload["state"]; there {
		v.value("payload.state", v.part("payload", "state"), nil, state)
	}
	if message, there := payload["message"]; there {
		v.value("payload.message", v.part("payload", "message"), nil, message)
	}
	if view, there := payload["view"]; there {
		v.value("payload.view", nil, s.web.views(), view)
	}
	actions, _ := payload["actions"].([]any)
	for _, one := range actions {
		action, _ := one.(map[string]any)
		for _, name := range []string{"type", "action_id", "block_id", "action_ts"} {
			if text, _ := action[name].(string); text == "" {
				p.add("payload.actions[]."+name, "it is required and not there")
			}
		}
	}
}

// fieldTable is what a page of documentation lists: the fields that are always there, and those
// that may be there.
type fieldTable struct{ always, sometimes []string }

func (t fieldTable) check(p *problems, at string, object map[string]any) {
	for _, name := range t.always {
		if _, there := object[name]; !there {
			p.add(at+"."+name, "it is required and not there")
		}
	}
	for _, name := range sortedKeys(object) {
		if !slices.Contains(t.always, name) && !slices.Contains(t.sometimes, name) {
			p.add(at+"."+name, noSuchField)
		}
	}
}

// commandFields are those of a slash command.
// https://docs.slack.dev/interactivity/implementing-slash-commands
var commandFields = fieldTable{
	always: strings.Fields("token team_id team_domain channel_id channel_name user_id user_name command text " +
		"response_url trigger_id api_app_id"),
	sometimes: strings.Fields("enterprise_id enterprise_name is_enterprise_install"),
}

// interactionFields are those of interactions, by type.
// https://docs.slack.dev/reference/interaction-payloads
var interactionFields = map[string]fieldTable{
	"block_actions": {
		always: strings.Fields("type user team api_app_id token container trigger_id actions"),
		sometimes: strings.Fields("enterprise is_enterprise_install channel message view state response_url hash " +
			"bot_access_token function_data interactivity"),
	},
	"view_submission": {
		always:    strings.Fields("type team user view api_app_id token trigger_id response_urls"),
		sometimes: strings.Fields("enterprise is_enterprise_install hash bot_access_token function_data interactivity"),
	},
	"view_closed": {
		always:    strings.Fields("type team user view api_app_id token is_cleared"),
		sometimes: strings.Fields("enterprise is_enterprise_install bot_access_token function_data interactivity"),
	},
}

// checkResponseURL checks a message to a response URL.
func (s *Slack) checkResponseURL(x *Exchange) Checked {
	var p problems
	if x.Method != http.MethodPost {
		p.add("method", "it is %s", x.Method)
	}
	if kind := mediaType(x.Header); kind != "application/json" {
		p.add("header.Content-Type", "%q, and the body is JSON", kind)
	}
	body, err := decode(x.Body)
	if err != nil {
		p.add("body", "%v", err)
	} else {
		slackVisit{&p, s}.value("body", responseMessage, nil, body)
	}
	for i := range p.list {
		p.list[i].Borne = p.list[i].Text == noSuchField // Slack reads past it
	}
	return Checked{
		Operation: "response_url", Outcome: fmt.Sprint(x.Status), Accepted: x.Status == http.StatusOK, Request: p.list,
	}
}
