package workspace

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFieldMasks(t *testing.T) {
	const body = `{"kind":"k","next":"t","items":[{"id":"1","name":{"first":"a","last":"b"}},{"id":"2","name":{"first":"c","last":"d"}}]}`
	for mask, want := range map[string]string{
		"kind":                         `{"kind":"k"}`,
		"kind,next":                    `{"kind":"k","next":"t"}`,
		"items/id":                     `{"items":[{"id":"1"},{"id":"2"}]}`,
		"items(id,name/last)":          `{"items":[{"id":"1","name":{"last":"b"}},{"id":"2","name":{"last":"d"}}]}`,
		"items/name(first)":            `{"items":[{"name":{"first":"a"}},{"name":{"first":"c"}}]}`,
		"items/id,items/name/last":     `{"items":[{"id":"1","name":{"last":"b"}},{"id":"2","name":{"last":"d"}}]}`,
		"items(id),items(name(first))": `{"items":[{"id":"1","name":{"first":"a"}},{"id":"2","name":{"first":"c"}}]}`,
		"next,items,items/id":          `{"items":[{"id":"1","name":{"first":"a","last":"b"}},{"id":"2","name":{"first":"c","last":"d"}}],"next":"t"}`,
		"items/id,items,next":          `{"items":[{"id":"1","name":{"first":"a","last":"b"}},{"id":"2","name":{"first":"c","last":"d"}}],"next":"t"}`,
		"*":                            `{"items":[{"id":"1","name":{"first":"a","last":"b"}},{"id":"2","name":{"first":"c","last":"d"}}],"kind":"k","next":"t"}`,
		"items/*/first":                `{"items":[{"id":"1","name":{"first":"a"}},{"id":"2","name":{"first":"c"}}]}`,
		"missing":                      `{}`,
	} {
		sel, err := parseSelection(mask)
		if err != nil {
			t.Errorf("%s: %v", mask, err)
			continue
		}
		got, err := sel.apply([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", mask, err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", mask, diff)
		}
	}
	for _, mask := range []string{",", "a,", "a/", "(a)", "a(b", "a)", "a(b))", "a()", "a//b", "a(b)c"} {
		if _, err := parseSelection(mask); err == nil {
			t.Errorf("%s: no error", mask)
		}
	}
}

func FuzzFieldMask(f *testing.F) {
	f.Add("nextPageToken,groups(id,email),a/b/c,*")
	f.Add("a((((((((((((((((((((((((b")
	f.Add("a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z")
	f.Fuzz(func(t *testing.T, mask string) {
		sel, err := parseSelection(mask)
		if err != nil {
			return
		}
		if _, err := sel.apply([]byte(`{"a":{"b":[1,{"c":null}]},"groups":[{"id":1}]}`)); err != nil {
			t.Errorf("%q: %v", mask, err)
		}
	})
}
