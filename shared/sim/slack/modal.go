package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// Errors of filling in modals.
var (
	ErrNoModal = errors.New("no modal is open")
	ErrNoField = errors.New("the modal has no such field")
)

// View is a modal or home tab as a person sees it.
type View struct {
	ID, Type                       string
	CallbackID, ExternalID         string
	PrivateMetadata, Hash          string
	Title, SubmitLabel, CloseLabel string // empty for a home tab, or where the app gave none
	Text                           string // of the blocks, as in [Message]
	Blocks                         json.RawMessage
	Buttons                        []Button
	Links                          []Link
	Fields                         []Field
	Errors                         map[string]string // beside fields, by block id
}

// Field is something that can be filled in.
type Field struct {
	BlockID, ActionID string
	Type              string // of the element: plain_text_input, static_select, …
	Label, Hint       string
	Optional          bool
	Options           []Option
	// Value is what is entered: text, or the values of the picked options joined by commas.
	Value string
	// Reports says that the app is told when it is filled in, and may show another form then.
	Reports bool
}

// Option is one choice of a field.
type Option struct{ Text, Value string }

func homeOf(p *person) *view { return p.home }

func modalOf(p *person) *view {
	if len(p.modals) == 0 {
		return nil
	}
	return p.modals[len(p.modals)-1]
}

// Modal returns the modal on top of the person's screen.
func (s *Server) Modal(person string) (View, bool) {
	return s.viewOf(person, modalOf)
}

// Home returns the person's home tab, if the app has published one.
func (s *Server) Home(person string) (View, bool) {
	return s.viewOf(person, homeOf)
}

func (s *Server) viewOf(email string, which func(*person) *view) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.actor(email)
	if err != nil {
		return View{}, false
	}
	v := which(p)
	if v == nil {
		return View{}, false
	}
	r := &rendering{names: s.nameOf}
	r.blocks(v.blocks)
	raw, _ := json.Marshal(v.blocks) // decoded from JSON, so it encodes
	return View{
		ID: v.id, Type: v.kind, Hash: v.hash,
		CallbackID: stringOf(v.raw, "callback_id"), ExternalID: stringOf(v.raw, "external_id"),
		PrivateMetadata: stringOf(v.raw, "private_metadata"),
		Title:           r.textObject(v.raw["title"]), SubmitLabel: r.textObject(v.raw["submit"]), CloseLabel: r.textObject(v.raw["close"]),
		Text: r.text(), Blocks: raw, Buttons: r.buttons, Links: r.links,
		Fields: v.fields(r), Errors: maps.Clone(v.errors),
	}, true
}

// fields returns what can be filled in, in the order of the blocks.
func (v *view) fields(r *rendering) []Field {
	var found []Field
	for _, b := range v.blocks {
		block, _ := b.(map[string]any)
		for _, e := range elementsOf(block) {
			kind := stringOf(e, "type")
			if stateKey[kind] == "" {
				continue
			}
			id := stringOf(block, "block_id")
			optional, _ := block["optional"].(bool)
			f := Field{
				BlockID: id, ActionID: stringOf(e, "action_id"), Type: kind, Optional: optional,
				Label: r.textObject(firstOf(block["label"], block["text"])), Hint: r.textObject(block["hint"]),
				Value: shownValue(v.state.valueOf(id, e)), Reports: reports(block),
			}
			for _, o := range optionsOf(e) {
				f.Options = append(f.Options, Option{Text: optionLabel(o), Value: stringOf(o, "value")})
			}
			found = append(found, f)
		}
	}
	return found
}

// reports reports whether the app is told when somebody fills in an element of a block: always, but
// for an input block that does not ask for it
// (https://docs.slack.dev/reference/block-kit/blocks/input-block).
func reports(block map[string]any) bool {
	dispatch, _ := block["dispatch_action"].(bool)
	return stringOf(block, "type") != "input" || dispatch
}

func firstOf(values ...any) any {
	for _, v := range values {
		if v != nil {
			return v
		}
	}
	return nil
}

// shownValue is a state value as text.
func shownValue(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case map[string]any:
		return stringOf(v, "value")
	case []any:
		var text string
		for i, item := range v {
			if i > 0 {
				text += ","
			}
			text += shownValue(item)
		}
		return text
	default:
		return fmt.Sprint(v)
	}
}

// Fill enters a value in a field of the open modal, named by its block id. Options are named by
// their value or their text, people by address, channels by name, several picks separated by
// commas. Where the field reports changes to the app, the app is told.
func (s *Server) Fill(ctx context.Context, person, field, value string) (Outcome, error) {
	s.mu.Lock()
	p, err := s.actor(person)
	if err != nil {
		s.mu.Unlock()
		return Outcome{}, err
	}
	v := modalOf(p)
	if v == nil {
		s.mu.Unlock()
		return Outcome{}, fmt.Errorf("%w for %s", ErrNoModal, person)
	}
	block, e := v.field(field)
	if e == nil {
		s.mu.Unlock()
		return Outcome{}, fmt.Errorf("%w: %s (it has %v)", ErrNoField, field, v.fieldNames())
	}
	entered, err := s.enter(e, value)
	if err != nil {
		s.mu.Unlock()
		return Outcome{}, fmt.Errorf("fill in %s: %w", field, err)
	}
	v.state.set(field, stringOf(e, "action_id"), entered)
	if !reports(block) {
		s.mu.Unlock()
		return Outcome{}, nil
	}
	action := maps.Clone(entered)
	action["action_id"], action["block_id"] = stringOf(e, "action_id"), field
	payload, ts := s.viewActions(p, v, action)
	s.mu.Unlock()
	o, err := s.sendPayload(ctx, p, payload)
	o.TS = ts
	return o, err
}

// field returns the block with an id and the element of it that is filled in.
func (v *view) field(id string) (block, element map[string]any) {
	for _, b := range v.blocks {
		if stringOf(b, "block_id") != id {
			continue
		}
		for _, e := range elementsOf(b) {
			if stateKey[stringOf(e, "type")] != "" {
				block, _ = b.(map[string]any)
				return block, e
			}
		}
	}
	return nil, nil
}

func (v *view) fieldNames() []string {
	var names []string
	for _, f := range v.fields(&rendering{names: func(string) string { return "" }}) {
		names = append(names, f.BlockID)
	}
	return names
}

// Submit fills in the fields of the open modal, as [Server.Fill] does, from the top down, and
// sends it. Fields that appear because of what was entered can be filled in the same call.
// Where the client itself refuses to send, because a required field is empty or text is too
// long, the Outcome has the errors and the status 0. The modal closes, stays with errors, or
// changes, as the app answers.
func (s *Server) Submit(ctx context.Context, person string, fields map[string]string) (Outcome, error) {
	left := maps.Clone(fields)
	for len(left) > 0 {
		view, ok := s.Modal(person)
		if !ok {
			return Outcome{}, fmt.Errorf("%w for %s", ErrNoModal, person)
		}
		i := slices.IndexFunc(view.Fields, func(f Field) bool { _, wanted := left[f.BlockID]; return wanted })
		if i < 0 {
			return Outcome{}, fmt.Errorf("%w: %v", ErrNoField, slices.Sorted(maps.Keys(left)))
		}
		name := view.Fields[i].BlockID
		o, err := s.Fill(ctx, person, name, left[name])
		if err != nil || o.Notice != "" {
			return o, err
		}
		delete(left, name)
	}
	return s.submit(ctx, person)
}

func (s *Server) submit(ctx context.Context, email string) (Outcome, error) {
	s.mu.Lock()
	p, err := s.actor(email)
	if err != nil {
		s.mu.Unlock()
		return Outcome{}, err
	}
	v := modalOf(p)
	if v == nil || v.raw["submit"] == nil {
		s.mu.Unlock()
		return Outcome{}, fmt.Errorf("%w that %s could send", ErrNoModal, email)
	}
	ts := s.nextTS()
	if v.errors = v.complaints(); len(v.errors) > 0 {
		s.mu.Unlock()
		return Outcome{Errors: maps.Clone(v.errors), TS: ts}, nil
	}
	payload := s.interaction("view_submission", p)
	payload["view"] = s.viewJSON(v)
	payload["response_urls"] = []any{}
	s.mu.Unlock()

	o, err := s.sendPayload(ctx, p, payload)
	o.TS = ts
	if err != nil || o.Status != http.StatusOK {
		return o, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o.Errors, err = s.submitted(p, v, o.Body)
	if err != nil {
		o.Notice = "we had some trouble connecting: " + err.Error()
	}
	return o, nil
}

// submitted does what the app's answer to a submission asks for.
// See https://docs.slack.dev/surfaces/modals.
func (s *Server) submitted(p *person, v *view, body string) (map[string]string, error) {
	at := slices.Index(p.modals, v)
	if body == "" {
		if at >= 0 {
			s.closeModals(p, at)
		}
		return nil, nil
	}
	decoded, err := decodeJSON([]byte(body))
	if err != nil {
		return nil, fmt.Errorf("the answer is not JSON: %w", err)
	}
	answer, _ := decoded.(map[string]any)
	if len(answer) == 0 {
		if at >= 0 {
			s.closeModals(p, at)
		}
		return nil, nil
	}
	switch action := stringOf(answer, "response_action"); action {
	case "clear":
		s.closeModals(p, 0)
		return nil, nil
	case "errors":
		return v.refused(answer["errors"])
	case "update", "push":
		raw, err := checkedView(answer["view"])
		if err != nil {
			return nil, err
		}
		if err := wrongViewType(raw, "modal"); err != nil {
			return nil, err
		}
		if action == "update" && at < 0 {
			return nil, errors.New("the view is not open any more")
		}
		if action == "update" {
			s.fill(v, raw)
			return nil, nil
		}
		if len(p.modals) >= mostModals {
			return nil, errors.New("push_limit_reached")
		}
		_, err = s.push(p, raw)
		return nil, err
	default:
		return nil, fmt.Errorf("response_action %q is unknown", action)
	}
}

// refused puts the app's errors beside the fields. Slack accepts only ids of input blocks.
func (v *view) refused(given any) (map[string]string, error) {
	o, _ := given.(map[string]any)
	if len(o) == 0 {
		return nil, errors.New("response_action errors without errors")
	}
	found := map[string]string{}
	for id := range o {
		block, _ := v.field(id)
		if stringOf(block, "type") != "input" {
			return nil, fmt.Errorf("%s is no input block", id)
		}
		found[id] = stringOf(o, id)
	}
	v.errors = found
	return maps.Clone(found), nil
}

// Close closes the modal on top, and all of them where the app said so for this one. An app
// that asked for it is told.
func (s *Server) Close(ctx context.Context, person string) (Outcome, error) {
	s.mu.Lock()
	p, err := s.actor(person)
	if err != nil {
		s.mu.Unlock()
		return Outcome{}, err
	}
	v := modalOf(p)
	if v == nil {
		s.mu.Unlock()
		return Outcome{}, fmt.Errorf("%w for %s", ErrNoModal, person)
	}
	from := len(p.modals) - 1
	cleared, _ := v.raw["clear_on_close"].(bool)
	if cleared {
		from = 0
	}
	notify, _ := v.raw["notify_on_close"].(bool)
	payload := s.interaction("view_closed", p)
	delete(payload, "trigger_id") // nothing can be opened in answer to a closing
	payload["view"], payload["is_cleared"] = s.viewJSON(v), cleared
	s.closeModals(p, from)
	s.mu.Unlock()
	if !notify {
		return Outcome{}, nil
	}
	return s.sendPayload(ctx, p, payload)
}
