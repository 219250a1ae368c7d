package workspace

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// Settings reads and writes the settings of groups. It needs the scope apps.groups.settings.
// It is safe for concurrent use.
//
// It speaks HTTP itself rather than through the generated client: that drops each field it
// does not know, among them whoCanAddExternalMembers, and refuses the whole answer for one
// value that is not a string.
type Settings struct {
	client
}

// NewSettings returns a client of the Groups Settings API. It makes no request.
func NewSettings(_ context.Context, o Options) (*Settings, error) {
	c, err := o.client("settings", "https://www.googleapis.com")
	if err != nil {
		return nil, err
	}
	return &Settings{client: c}, nil
}

// Get reads all settings of a group by its address, under Google's names
// (https://developers.google.com/workspace/admin/groups-settings/v1/reference/groups). All
// values are text: "true" and "false" as Google writes them, numbers in decimal. Fields that
// Google adds are there; fields without a value are not.
func (s *Settings) Get(ctx context.Context, email string) (map[string]string, error) {
	const op = "groups.get"
	var settings map[string]string
	err := s.request(ctx, op, http.MethodGet, email, nil, func(answer []byte) error {
		var err error
		if settings, err = decodeSettings(answer); err != nil {
			return err
		}
		if settings["email"] == "" {
			return s.incomplete(op, "the settings name no group")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return settings, nil
}

// Patch changes exactly these settings of a group, in one request, and leaves all others. A
// combination that Google refuses is [ErrInvalid] with Google's word for it. Whether the
// settings are as wanted is known only by reading them again: an error that is not permanent
// may come after the change.
func (s *Settings) Patch(ctx context.Context, email string, fields map[string]string) error {
	const op = "groups.patch"
	if len(fields) == 0 {
		return s.invalid(op, "no settings")
	}
	if _, ok := fields[""]; ok {
		return s.invalid(op, "a setting without a name")
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return s.invalid(op, "settings that cannot be encoded")
	}
	return s.request(ctx, op, http.MethodPatch, email, body, func([]byte) error { return nil })
}

func (s *Settings) request(ctx context.Context, op, method, email string, body []byte, use func(answer []byte) error) error {
	if !strings.Contains(email, "@") {
		return s.invalid(op, "no address of a group")
	}
	return s.call(ctx, op, func(ctx context.Context) error {
		// The API's own default form is Atom.
		answer, err := s.send(ctx, method, s.base+"/groups/v1/groups/"+url.PathEscape(email)+"?alt=json", body)
		if err != nil {
			return err
		}
		return use(answer)
	})
}

// decodeSettings decodes one JSON object whose values have any type. Lists and objects, of
// which Google has none today, stay in JSON.
func decodeSettings(answer []byte) (map[string]string, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(answer, &raw); err != nil {
		return nil, err
	}
	settings := make(map[string]string, len(raw))
	for name, value := range raw {
		var text string
		switch {
		case bytes.Equal(value, []byte("null")):
			continue
		case bytes.HasPrefix(value, []byte{'"'}):
			if err := json.Unmarshal(value, &text); err != nil {
				return nil, err
			}
		default:
			var compact bytes.Buffer
			if err := json.Compact(&compact, value); err != nil {
				return nil, err
			}
			text = compact.String()
		}
		settings[name] = text
	}
	return settings, nil
}
