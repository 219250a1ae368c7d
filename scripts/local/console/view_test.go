package console

import (
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestViewSurvivesItsAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := view{
			Group: rapid.String().Draw(t, "group"), Search: rapid.String().Draw(t, "search"), By: rapid.String().Draw(t, "by"),
			Reader: rapid.String().Draw(t, "reader"), In: rapid.String().Draw(t, "in"),
			Open: rapid.SliceOfNDistinct(rapid.String(), 0, mostOpen, rapid.ID).Draw(t, "open"),
			More: rapid.IntRange(0, mostMore).Draw(t, "more"),
		}
		if len(want.Open) == 0 {
			want.Open = nil
		}
		if diff := cmp.Diff(want, parseView(want.query())); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		u, err := url.Parse(want.href("slack"))
		if err != nil || u.Host != "" || u.Path != "/" || u.Fragment != "slack" {
			t.Errorf("address %q leads elsewhere: %v", want.href("slack"), err)
		}
	})
}

func TestViewTakesNoMoreThanItShows(t *testing.T) {
	q := url.Values{"more": {"1000000"}}
	for i := range 2 * mostOpen {
		q.Add("open", string(rune('a'+i)))
	}
	v := viewOf(q)
	if len(v.Open) != mostOpen || v.More != mostMore {
		t.Errorf("%d open and %d more, want %d and %d", len(v.Open), v.More, mostOpen, mostMore)
	}
	if v := viewOf(url.Values{"more": {"-3"}}); v.More != 0 {
		t.Errorf("more is %d, want 0", v.More)
	}
}

func TestToggleTwiceIsNothing(t *testing.T) {
	v := view{Open: []string{"a", "b"}}
	if got := v.toggled("c").toggled("c").Open; !slices.Equal(got, v.Open) {
		t.Errorf("open %q, want %q", got, v.Open)
	}
	if got := v.toggled("a").Open; !slices.Equal(got, []string{"b"}) || !slices.Equal(v.Open, []string{"a", "b"}) {
		t.Errorf("open %q, and before %q", got, v.Open)
	}
}
