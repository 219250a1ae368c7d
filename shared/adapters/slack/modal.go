package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	api "github.com/slack-go/slack"
)

// Modal is a modal as we write them. All text is shown as it is, as in [Message].
type Modal struct {
	// Callback comes back with what is entered; so does Metadata.
	Callback string
	Metadata string
	// Title, Submit and Close have 24 characters at most. Without Submit there is nothing to
	// send.
	Title, Submit, Close string
	Lines                []string
	Fields               []Field
}

// FieldKind says how a field of a modal is filled in.
type FieldKind string

// The kinds of field.
const (
	FieldText   FieldKind = "text"
	FieldLong   FieldKind = "long"
	FieldChoice FieldKind = "choice"
	FieldMany   FieldKind = "many"
	FieldPeople FieldKind = "people"
)

// Field is one field of a modal. Its name comes back with what is entered.
type Field struct {
	Name, Label, Hint string
	Kind              FieldKind
	// Options are what can be chosen. Slack takes [MaxOptions]; of more, the first are shown and
	// those that are chosen already. Then the hint ends with More, which tells people so.
	Options []Option
	More    string
	// Value is what is filled in already: text, or values of options.
	Value    []string
	Optional bool
	// Live has us told when the field has been filled in.
	Live bool
}

// Option is one thing to choose.
type Option struct{ Label, Value string }

// Slack's limits on modals (https://docs.slack.dev/reference/views/modal-views,
// https://docs.slack.dev/reference/block-kit/composition-objects/option-object).
const (
	// MaxOptions is how many options a field shows.
	MaxOptions = 100

	maxTitle  = 24
	maxOption = 75
	maxHint   = 2000
	maxReason = 3000
)

// OpenModal opens a modal for the person whose act brought the trigger, which lives three
// seconds. It returns the modal's id. Nobody sends a command again for us and nothing can wait that
// long, so that what Slack answers with a status of 500 or more is tried again at once.
func (c *Client) OpenModal(ctx context.Context, trigger string, m Modal) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	opened, err := hurried(func() (*api.ViewResponse, error) { return c.api.OpenViewContext(ctx, trigger, m.view()) })
	if err != nil {
		return "", wrap("views.open", err)
	}
	return opened.ID, nil
}

// hurriedTries is how often something is tried for which somebody waits in front of Slack.
const hurriedTries = 3

// hurried does something that can be done again, and tries it again at once where Slack fails.
func hurried[T any](do func() (T, error)) (out T, err error) {
	for range hurriedTries {
		if out, err = do(); err == nil {
			return out, nil
		}
		var failed api.StatusCodeError
		if !errors.As(err, &failed) || failed.Code < http.StatusInternalServerError {
			break
		}
	}
	return out, err
}

const opUpdateView = "views.update"

// UpdateModal replaces what a modal shows. What was entered in fields that stay is kept. With a
// hash, only a modal that nobody has changed since is replaced.
func (c *Client) UpdateModal(ctx context.Context, id, hash string, m Modal) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if _, err := c.api.UpdateViewContext(ctx, m.view(), "", hash, id); err != nil {
		return wrap(opUpdateView, err)
	}
	return nil
}

func (m Modal) view() api.ModalViewRequest {
	v := api.ModalViewRequest{
		Type: api.VTModal, Title: plain(shown(m.Title, maxTitle)), CallbackID: m.Callback, PrivateMetadata: m.Metadata,
	}
	if m.Submit != "" {
		v.Submit = plain(shown(m.Submit, maxTitle))
	}
	if m.Close != "" {
		v.Close = plain(shown(m.Close, maxTitle))
	}
	for _, line := range m.Lines {
		if clean(line) != "" {
			v.Blocks.BlockSet = append(v.Blocks.BlockSet, api.NewSectionBlock(plain(shown(line, maxText)), nil, nil))
		}
	}
	for _, f := range m.Fields {
		v.Blocks.BlockSet = append(v.Blocks.BlockSet, f.block())
	}
	return v
}

// entry is the action id of every field's element: the block names the field.
const entry = "entry"

func (f Field) block() api.Block {
	var hint *api.TextBlockObject
	text := f.Hint
	if len(f.Options) > MaxOptions {
		text = strings.TrimSpace(text + " " + f.More)
	}
	if clean(text) != "" {
		hint = plain(shown(text, maxHint))
	}
	b := api.NewInputBlock(f.Name, plain(shown(f.Label, maxHint)), hint, f.element())
	b.Optional, b.DispatchAction = f.Optional, f.Live
	return b
}

func (f Field) element() api.BlockElement {
	switch f.Kind {
	case FieldChoice:
		e := api.NewOptionsSelectBlockElement(api.OptTypeStatic, nil, entry, f.options()...)
		for _, o := range e.Options {
			if len(f.Value) > 0 && o.Value == f.Value[0] {
				e.InitialOption = o
			}
		}
		return e
	case FieldMany:
		e := api.NewOptionsMultiSelectBlockElement(api.MultiOptTypeStatic, nil, entry, f.options()...)
		for _, o := range e.Options {
			for _, v := range f.Value {
				if o.Value == v {
					e.InitialOptions = append(e.InitialOptions, o)
				}
			}
		}
		return e
	case FieldPeople:
		e := api.NewOptionsSelectBlockElement(api.OptTypeUser, nil, entry)
		if len(f.Value) > 0 {
			e.InitialUser = f.Value[0]
		}
		return e
	}
	e := api.NewPlainTextInputBlockElement(nil, entry)
	e.Multiline, e.MaxLength = f.Kind == FieldLong, maxReason
	if len(f.Value) > 0 {
		e.InitialValue = f.Value[0]
	}
	return e
}

func (f Field) options() []*api.OptionBlockObject {
	var out []*api.OptionBlockObject
	others := max(0, MaxOptions-len(f.Value))
	for _, o := range f.Options {
		chosen := slices.Contains(f.Value, o.Value)
		if len(out) == MaxOptions || !chosen && others == 0 {
			continue
		}
		if !chosen {
			others--
		}
		out = append(out, api.NewOptionBlockObject(o.Value, plain(shown(o.Label, maxOption)), nil))
	}
	return out
}

// Entered is what stands in the fields of a modal, by the field's name: text, values of options,
// or ids of people in Slack.
type Entered map[string][]string

// entered reads the state of a view (https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload).
func entered(raw map[string]map[string]json.RawMessage) Entered {
	if len(raw) == 0 {
		return nil
	}
	out := Entered{}
	for field, actions := range raw {
		var v struct {
			Value    string `json:"value"`
			User     string `json:"selected_user"`
			Selected *struct {
				Value string `json:"value"`
			} `json:"selected_option"`
			Options []struct {
				Value string `json:"value"`
			} `json:"selected_options"`
		}
		if json.Unmarshal(actions[entry], &v) != nil {
			continue // none of ours
		}
		switch {
		case v.Value != "":
			out[field] = []string{v.Value}
		case v.User != "":
			out[field] = []string{v.User}
		case v.Selected != nil:
			out[field] = []string{v.Selected.Value}
		}
		for _, o := range v.Options {
			out[field] = append(out[field], o.Value)
		}
	}
	return out
}

// Complaints returns what to answer Slack with when fields of a modal that was sent are not
// right: it stays open and shows the texts beside them
// (https://docs.slack.dev/surfaces/modals#displaying_errors).
func Complaints(fields map[string]string) ([]byte, error) {
	data, err := json.Marshal(map[string]any{"response_action": "errors", "errors": fields})
	if err != nil {
		return nil, fmt.Errorf("encode complaints: %w", err)
	}
	return data, nil
}
