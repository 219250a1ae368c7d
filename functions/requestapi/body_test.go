package requestapi

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	want := Submission{Desk: "access", Fields: Fields{"entitlement": {"etl"}, "roles": {"a", "b"}, "none": {}}}
	for _, body := range []string{
		`{"desk":"access","fields":{"entitlement":"etl","roles":["a","b"],"none":[]}}`,
		" {\n\"fields\": {\"none\": [], \"roles\": [\"a\", \"\\u0062\"], \"entitlement\": [\"etl\"]}, \"desk\": \"access\"} \n",
	} {
		got, err := parse([]byte(body))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", body, err, diff)
		}
	}
	for name, body := range map[string]string{
		"nothing":                  ``,
		"half of it":               `{"desk":"access","fields":{"a":"b"}`,
		"something behind it":      `{"desk":"access","fields":{}} {}`,
		"a list":                   `[{"desk":"access","fields":{}}]`,
		"null":                     `null`,
		"no desk":                  `{"fields":{}}`,
		"no fields":                `{"desk":"access"}`,
		"fields that are null":     `{"desk":"access","fields":null}`,
		"fields that are a list":   `{"desk":"access","fields":["a"]}`,
		"an unknown name":          `{"desk":"access","fields":{},"for":"ken@example.com"}`,
		"a desk that is a number":  `{"desk":7,"fields":{}}`,
		"a field that is a number": `{"desk":"access","fields":{"duration":7}}`,
		"a field that is null":     `{"desk":"access","fields":{"duration":null}}`,
		"a field that is true":     `{"desk":"access","fields":{"duration":true}}`,
		"a list with a number":     `{"desk":"access","fields":{"roles":["a",7]}}`,
		"a list with null":         `{"desk":"access","fields":{"roles":["a",null]}}`,
		"a list in a list":         `{"desk":"access","fields":{"roles":[["a"]]}}`,
		"an object as a field":     `{"desk":"access","fields":{"roles":{"a":"b"}}}`,
		"a desk twice":             `{"desk":"access","desk":"account","fields":{}}`,
		"a desk in two cases":      `{"desk":"access","Desk":"account","fields":{}}`,
		"a field twice":            `{"desk":"access","fields":{"reason":"a","reason":"b"}}`,
		"a field twice, escaped":   `{"desk":"access","fields":{"reason":"a","re\u0061son":"b"}}`,
		"no UTF-8":                 "{\"desk\":\"access\",\"fields\":{\"reason\":\"\xff\"}}",
		"very deep":                strings.Repeat("[", 30_000),
		"a byte order mark":        "\ufeff{\"desk\":\"access\",\"fields\":{}}",
	} {
		if got, err := parse([]byte(body)); !errors.Is(err, errMalformed) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Whatever is taken has one reading: written out and read again it is the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"desk":"access","fields":{"entitlement":"etl","roles":["a","b"]}}`, `{"desk":"x","fields":{"":""}}`, `{"desk":"a","desk":"b"}`,
		`{"desk":"access","fields":{"roles":[[]]}}`, `null`, `[]`, `{"desk":"\ud800","fields":{}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parse(data)
		if err != nil {
			if !errors.Is(err, errMalformed) {
				t.Errorf("%q: %v", data, err)
			}
			return
		}
		if s.Desk == "" || s.Fields == nil {
			t.Errorf("%q was taken as %+v", data, s)
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		again, err := parse(text)
		if diff := cmp.Diff(s, again); diff != "" || err != nil {
			t.Errorf("%q: %v (-first +again):\n%s", data, err, diff)
		}
	})
}
