package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// arguments are a request's arguments: strings when they came in a form or a query, any JSON
// value when they came in a JSON body.
type arguments map[string]any

// maxBody is more than any request that Slack would accept.
const maxBody = 1 << 20

// readArguments decodes the query and the body of a request. A JSON body is read only for a
// method that takes JSON; for the others its arguments count as missing, as they do in Slack.
func readArguments(r *http.Request, takesJSON bool) (arguments, []string, error) {
	args := arguments{}
	args.add(r.URL.Query())
	if r.Method != http.MethodPost {
		return args, nil, nil
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(raw) > maxBody {
		return nil, nil, refuse("request_timeout")
	}
	header := r.Header.Get("Content-Type")
	if header == "" {
		if len(raw) > 0 {
			return nil, nil, refuse("missing_post_type")
		}
		return args, nil, nil
	}
	kind, params, err := mime.ParseMediaType(header)
	if err != nil {
		return nil, nil, refuse("invalid_post_type")
	}
	if charset := strings.ToLower(params["charset"]); charset != "" && charset != "utf-8" && charset != "iso-8859-1" {
		return nil, nil, refuse("invalid_charset")
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			return nil, nil, refuse("invalid_form_data")
		}
		args.add(form)
		return args, nil, nil
	case "application/json":
		var warnings []string
		if params["charset"] == "" {
			warnings = append(warnings, "missing_charset")
		}
		body, err := decodeJSON(raw)
		if err != nil {
			return nil, nil, refuse("invalid_json")
		}
		object, ok := body.(map[string]any)
		if !ok {
			return nil, nil, refuse("json_not_object")
		}
		if takesJSON {
			delete(object, "token") // Slack takes it from the header only
			for name, v := range object {
				args[name] = v
			}
		}
		return args, warnings, nil
	default:
		return nil, nil, refuse("invalid_post_type")
	}
}

func (a arguments) add(values url.Values) {
	for name := range values {
		a[name] = values.Get(name)
	}
}

// token returns the token that the request carries: a bearer token, or a form argument.
func (a arguments) token(r *http.Request) string {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return bearer
	}
	return a.text("token")
}

// text returns an argument as a string, "" when it is missing or an object.
func (a arguments) text(name string) string {
	switch v := a[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	default:
		return ""
	}
}

func (a arguments) flag(name string) bool {
	v := a.text(name)
	return v == "true" || v == "1"
}

// structured returns an argument that is JSON: a value of a JSON body, or text that holds
// JSON. The boolean is false when the argument is missing or empty text.
func (a arguments) structured(name string) (any, bool, error) {
	switch v := a[name].(type) {
	case nil:
		return nil, false, nil
	case string:
		if v == "" {
			return nil, false, nil
		}
		decoded, err := decodeJSON([]byte(v))
		return decoded, true, err
	default:
		return v, true, nil
	}
}

// count returns the limit argument of a listing: at most largest, and usual when it is missing
// or zero.
func (a arguments) count(usual, largest int) (int, error) {
	if a.text("limit") == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(a.text("limit"))
	if err != nil || n < 0 {
		return 0, refuse("invalid_limit")
	}
	if n == 0 {
		return usual, nil
	}
	return min(n, largest), nil
}

// decodeJSON decodes one JSON value, numbers as they were written.
func decodeJSON(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the JSON value")
	}
	return v, nil
}
