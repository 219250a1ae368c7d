package requestapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/sekisho/sekisho/shared/desk"
	"github.com/sekisho/sekisho/shared/webapi"
)

// This file reads what is sent. It takes one form of it only: what two readers could read in two
// ways, such as a name that stands there twice, is refused.

const (
	// mostBody is how long a body may be, in bytes.
	mostBody = 64 << 10
	// mostFields and mostValues bound how many fields there may be, and values in one of them;
	// mostText how many characters a value may have, as in Slack's modals.
	mostFields, mostValues, mostText = 64, 100, 3000
	// mostDepth is how deep a submission is: lists in an object in an object.
	mostDepth = 3
)

// Fields are what was entered, by the name of the field: a text, or several.
type Fields desk.Values

// UnmarshalJSON implements [json.Unmarshaler].
func (f *Fields) UnmarshalJSON(data []byte) error {
	var each map[string]json.RawMessage
	if err := json.Unmarshal(data, &each); err != nil {
		return err
	}
	if each == nil {
		return errors.New("no fields")
	}
	*f = Fields{}
	for name, raw := range each {
		var one *string
		var several []*string
		switch {
		case json.Unmarshal(raw, &one) == nil && one != nil:
			(*f)[name] = []string{*one}
			continue
		case json.Unmarshal(raw, &several) != nil || several == nil:
			return errors.New("a field is neither a text nor a list of texts")
		}
		values := make([]string, 0, len(several))
		for _, s := range several {
			if s == nil {
				return errors.New("a list of texts holds something else")
			}
			values = append(values, *s)
		}
		(*f)[name] = values
	}
	return nil
}

// Schema implements [webapi.Schematic].
func (Fields) Schema() webapi.Object {
	text := webapi.Object{"type": "string", "maxLength": mostText}
	return webapi.Object{
		"type": "object", "maxProperties": mostFields,
		"additionalProperties": webapi.Object{"oneOf": []any{text, webapi.Object{"type": "array", "items": text, "maxItems": mostValues}}},
	}
}

// errMalformed is the error of a body that is no submission.
var errMalformed = errors.New("the body is no submission")

// parse reads a submission. What is sent must be that and nothing else: no names that are not known
// or that stand there twice, and nothing behind it.
func parse(data []byte) (Submission, error) {
	var s Submission
	if !utf8.Valid(data) {
		return s, fmt.Errorf("%w: it is not UTF-8", errMalformed)
	}
	if err := onceNamed(data); err != nil {
		return s, fmt.Errorf("%w: %w", errMalformed, err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return Submission{}, fmt.Errorf("%w: it does not have the form", errMalformed) // the cause may quote it
	}
	if s.Fields == nil || s.Desk == "" {
		return Submission{}, fmt.Errorf("%w: it has no desk or no fields", errMalformed)
	}
	return s, nil
}

// onceNamed reports JSON in which a name stands twice in one object, in any letter case, which goes
// deeper than a submission does, or which is not one value.
func onceNamed(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if err := value(d, mostDepth); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows it")
	}
	return nil
}

func value(d *json.Decoder, depth int) error {
	noJSON := errors.New("it is no JSON")
	t, err := d.Token()
	if err != nil {
		return noJSON
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if depth == 0 {
		return errors.New("it is too deep")
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return noJSON
			}
			folded := strings.ToLower(fmt.Sprint(name))
			if seen[folded] {
				return errors.New("a name stands there twice")
			}
			seen[folded] = true
		}
		if err := value(d, depth-1); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return noJSON
	}
	return nil
}

// submission reads the body of a request.
func (h *handler) submission(q *question) (Submission, error) {
	if kind, _, err := mime.ParseMediaType(q.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return Submission{}, q.refuse(http.StatusUnsupportedMediaType, sortMedia, "")
	}
	body, err := io.ReadAll(io.LimitReader(q.Body, mostBody+1))
	if err != nil {
		return Submission{}, q.refuse(http.StatusBadRequest, sortMalformed, "")
	}
	if len(body) > mostBody {
		return Submission{}, q.refuse(http.StatusRequestEntityTooLarge, sortTooLarge, "")
	}
	s, err := parse(body)
	if err != nil {
		return Submission{}, q.refuse(http.StatusBadRequest, sortMalformed, "")
	}
	if h.desks[s.Desk] == nil {
		return Submission{}, q.invalid(map[string]string{"desk": q.asker.Says("One of: ", "次のいずれかを指定してください: ") + strings.Join(h.words, ", ")})
	}
	return s, h.bounded(q, s)
}

// bounded complains about more than any form takes.
func (*handler) bounded(q *question, s Submission) error {
	wrong := map[string]string{}
	if len(s.Fields) > mostFields {
		wrong["fields"] = fmt.Sprintf(q.asker.Says("At most %d.", "%d 個までです。"), mostFields)
	}
	for name, values := range s.Fields {
		if len(values) > mostValues {
			wrong[name] = fmt.Sprintf(q.asker.Says("At most %d.", "%d 個までです。"), mostValues)
		}
		for _, v := range values {
			if utf8.RuneCountInString(v) > mostText {
				wrong[name] = fmt.Sprintf(q.asker.Says("At most %d characters.", "%d 文字以内でご記入ください。"), mostText)
			}
		}
	}
	if len(wrong) > 0 {
		return q.invalid(wrong)
	}
	return nil
}
