package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Slack is the [Spec] of Slack's Web API. What Slack's reference says of a method counts. Where
// it has no page of the method, and for the fields of answers, of which it has examples only,
// the OpenAPI document of 2021 is asked too; what the reference's examples show otherwise
// overrides that document.
type Slack struct {
	reference map[string]*slackMethod
	openAPI   *openAPI
}

// slackMethod is one page of the reference.
type slackMethod struct {
	Args      map[string]slackArg `json:"args"`
	ArgGroups []slackArgGroup     `json:"arg_groups"`
	Errors    map[string]any      `json:"errors"` // only the keys count
	Response  struct {
		Examples []string `json:"examples"`
	} `json:"response"`

	successes []any // the examples of answers with ok true, decoded
}

// slackArg is one argument of a method.
type slackArg struct {
	Required bool `json:"required"`
	// Type is a name, a list of names, or absent.
	Type any `json:"type"`
	// Format is json for what is JSON in text.
	Format string `json:"format"`
}

// slackArgGroup says of some arguments that one of them is needed, unless Required is false,
// and whether no more than one may be there.
type slackArgGroup struct {
	Args      []string `json:"args"`
	Required  *bool    `json:"required"`
	Exclusive bool     `json:"mutually_exclusive"`
}

const (
	slackReference = "slack/slack-api-ref"
	slackOpenAPI   = "slack/slack_web_openapi_v2_without_examples.json"
)

// LoadSlack reads the reference of methods and the OpenAPI document.
func LoadSlack(specs fs.FS) (*Slack, error) {
	s := &Slack{reference: map[string]*slackMethod{}}
	entries, err := fs.ReadDir(specs, slackReference)
	if err != nil {
		return nil, fmt.Errorf("read Slack's reference: %w", err)
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok || strings.HasPrefix(name, "event.") {
			continue
		}
		if s.reference[name], err = readSlackMethod(specs, path.Join(slackReference, e.Name())); err != nil {
			return nil, err
		}
	}
	if len(s.reference) == 0 {
		return nil, errors.New("read Slack's reference: it has no methods")
	}
	if s.openAPI, err = readOpenAPI(specs, slackOpenAPI); err != nil {
		return nil, err
	}
	return s, nil
}

func readSlackMethod(specs fs.FS, file string) (*slackMethod, error) {
	data, err := fs.ReadFile(specs, file)
	if err != nil {
		return nil, fmt.Errorf("read Slack's reference: %w", err)
	}
	m := &slackMethod{Errors: map[string]any{}}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("read Slack's reference: %s: %w", file, err)
	}
	for _, text := range m.Response.Examples {
		example, err := decode([]byte(text))
		if err != nil {
			continue // an example that was shortened by its author
		}
		object, _ := example.(map[string]any)
		if object["ok"] == true {
			m.successes = append(m.successes, example)
			continue
		}
		// An error in an example is documented by it.
		if code, _ := object["error"].(string); code != "" {
			m.Errors[code] = true
		}
	}
	return m, nil
}

// Check implements [Spec].
func (s *Slack) Check(x *Exchange) (Checked, bool) {
	if strings.HasPrefix(x.URL.Path, "/actions/") || strings.HasPrefix(x.URL.Path, "/commands/") {
		return s.checkResponseURL(x), true
	}
	name, ok := strings.CutPrefix(x.URL.Path, "/api/")
	if !ok {
		return Checked{}, false
	}
	c := Checked{Operation: name, Outcome: fmt.Sprint(x.Status)}
	var p problems
	page, stale := s.reference[name], s.openAPI.methods[name]
	if page == nil && stale == nil {
		p.add("method", "there is no such method")
		page = &slackMethod{Errors: map[string]any{"unknown_method": true}}
	}
	if page == nil {
		page = stale.asPage()
	}
	page.checkArguments(&p, x)
	c.Request = p.list
	p = problems{}
	if x.Status != 0 {
		c.Accepted, c.Outcome = s.checkAnswer(&p, page, stale, x)
	}
	c.Answer = p.list
	return c, true
}

// checkAnswer checks what came back, and returns whether it says ok, and the outcome in a word.
func (s *Slack) checkAnswer(p *problems, page *slackMethod, stale *openAPIMethod, x *Exchange) (bool, string) {
	outcome := fmt.Sprint(x.Status)
	if x.Status >= 500 {
		return false, outcome // something on the way broke; nothing says in which words
	}
	if kind := mediaType(x.AnswerHeader); kind != "application/json" {
		p.add("header.Content-Type", "%q, and the answer is JSON", kind)
	}
	answer, err := decode(x.Answer)
	if err != nil {
		p.add("answer", "%v", err)
		return false, outcome
	}
	object, _ := answer.(map[string]any)
	accepted, said := object["ok"].(bool)
	if !said {
		p.add("answer.ok", "it is neither true nor false")
	}
	if accepted {
		if x.Status != 200 {
			p.add("status", "%d, and ok is true", x.Status)
		}
		v := slackVisit{p, s}
		var success *swagger
		if stale != nil {
			success = stale.success
		}
		v.value("answer", success, page.successes, object)
		return true, "ok"
	}
	code, _ := object["error"].(string)
	if _, documented := page.Errors[code]; !documented {
		p.add("answer.error", "%s is not documented for this method", code)
	}
	for _, name := range sortedKeys(object) {
		if !slices.Contains(slackErrorFields, name) {
			p.add("answer."+name, "there is no such field in the error %s", code)
		}
	}
	switch limited := x.Status == 429; {
	case limited != (code == "ratelimited"):
		p.add("status", "%d with the error %s", x.Status, code)
	case limited && !wholeSeconds(x.AnswerHeader.Get("Retry-After")):
		p.add("header.Retry-After", "%q is no number of seconds", x.AnswerHeader.Get("Retry-After"))
	case !limited && x.Status != 200:
		p.add("status", "%d: Slack answers errors with 200", x.Status)
	}
	return false, code
}

// views are the views in the examples of answers. Each example leaves something out.
func (s *Slack) views() []any {
	var shown []any
	for _, name := range []string{"views.open", "views.push", "views.update", "views.publish"} {
		if page := s.reference[name]; page != nil {
			for _, answer := range objectsOf(page.successes) {
				if view, ok := answer["view"]; ok {
					shown = append(shown, view)
				}
			}
		}
	}
	return shown
}

// slackErrorFields are the fields of an answer with ok false.
// https://docs.slack.dev/apis/web-api#responses
var slackErrorFields = []string{"ok", "error", "needed", "provided", "warning", "response_metadata"}
