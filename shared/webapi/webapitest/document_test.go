package webapitest_test

import (
	"slices"
	"testing"

	"github.com/sekisho/sekisho/shared/webapi/webapitest"
)

func TestCheckSeesWhatIsNotAsDescribed(t *testing.T) {
	d := webapitest.Read(t, []byte(`{"components": {"schemas": {
		"Text": {"type": "string"},
		"Thing": {"type": "object", "required": ["name"], "properties": {
			"name": {"$ref": "#/components/schemas/Text"}, "n": {"type": "integer"}, "list": {"type": "array", "items": {"type": "boolean"}},
			"more": {"type": "object", "additionalProperties": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}
		}, "additionalProperties": false}
	}}}`))
	for text, want := range map[string][]string{
		`{"name": "a", "n": 7, "list": [true, false], "more": {"x": "y", "z": 7}}`: nil,
		`{}`:                                 {" lacks name"},
		`{"name": 7}`:                        {".name is of type integer, not string"},
		`{"name": null}`:                     {".name is of type null, not string"},
		`{"name": "a", "other": 1}`:          {".other is not described"},
		`{"name": "a", "list": [true, "x"]}`: {".list[1] is of type string, not boolean"},
		`{"name": "a", "more": {"x": true}}`: {".more.x fits 0 of 2 forms"},
		`["a"]`:                              {" is of type array, not object"},
	} {
		if got := d.Check(t, d.Components.Schemas["Thing"], text); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
