package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// A judge who overlooks mistakes would pass everything. So every exchange that conformed is
// spoiled in every place, one place at a time, and each time the judge must see it.

// open are the places at which nothing can be wrong, because no description says what is right.
var open = []string{
	// The documents say that these may be anything.
	"directory.users.*: answer*.emails*", "directory.users.*: answer*.languages*", "directory.users.*: answer*.relations*",
	// The examples show null alone; an example shows text where the OpenAPI document has a number.
	"views.*: *.previous_view_id of a wrong type", "usergroups.list: *.user_count of a wrong type",
	// Fields that are known only by exceptions.
	"*: *.whoCanAddExternalMembers of a wrong type", "*: *.app_id of a wrong type", "*: *.app_installed_team_id of a wrong type",
	"*: *.context_team_id of a wrong type",
	// Receivers that nobody but the vendor asks have no parameters to get wrong.
	"reports.notification*: query *", "slack.*: query *", "response_url: query *",
	// What somebody may do is a table of any names; the form of a login is not described.
	"looker.*: answer*.can.* misspelt", "looker.login: form with an unknown name",
	// Block Kit, which has no machine-readable description, and what an app wrote itself.
	"*: *.blocks[].*", "views.*: body.view*", "*: *.event_payload.*", "*: *.state.values.*",
}

func TestNothingIsOverlookedAtGoogle(t *testing.T) {
	recorder := NewRecorder(GoogleExceptions...)
	w := newGoogleWorld(t, recorder, false)
	w.readDirectory(t)
	w.changeSettings(t)
	w.watchEverything(t)
	samples := recorder.Samples()
	if len(samples) < len(w.google.Methods()) {
		t.Errorf("got samples of %d operations", len(samples))
	}
	spoilAll(t, samples)
}

func TestNothingIsOverlookedAtSlack(t *testing.T) {
	recorder := NewRecorder(SlackExceptions...)
	w := newSlackWorld(t, recorder)
	w.postMessages(t)
	w.listEverything(t)
	w.press(t)
	w.openModals(t)
	spoilAll(t, recorder.Samples())
}

// spoilAll spoils every sample in every place and reports what its spec does not see.
func spoilAll(t *testing.T, samples map[string]*Sample) {
	t.Helper()
	tried := 0
	for _, operation := range sortedKeys(samples) {
		s := samples[operation]
		before, _ := s.Spec.Check(s.Exchange)
		for _, x := range spoiled(s.Exchange) {
			tried++
			after, ok := s.Spec.Check(x.exchange)
			seen := !ok || more(before.Request, after.Request) || more(before.Answer, after.Answer)
			place := operation + ": " + x.place
			if !seen && !slices.ContainsFunc(open, func(pattern string) bool { return like(pattern, place) }) {
				t.Errorf("overlooked: %s", place)
			}
		}
	}
	t.Logf("%d operations, spoiled in %d ways", len(samples), tried)
}

// more reports whether there is a problem that was not there before.
func more(before, after []Problem) bool {
	return slices.ContainsFunc(after, func(p Problem) bool { return !slices.Contains(before, p) })
}

type spoiledExchange struct {
	place    string
	exchange *Exchange
}

// spoiled returns an exchange with one mistake in each of its places.
func spoiled(x *Exchange) []spoiledExchange {
	var out []spoiledExchange
	add := func(place string, change func(*Exchange)) {
		copied := *x
		u := *x.URL
		copied.URL = &u
		copied.Header, copied.AnswerHeader = x.Header.Clone(), x.AnswerHeader.Clone()
		change(&copied)
		out = append(out, spoiledExchange{place, &copied})
	}
	query := x.URL.Query()
	add("query with an unknown name", func(x *Exchange) {
		changed := maps.Clone(query)
		changed.Set("noSuchName", "1")
		x.URL.RawQuery = changed.Encode()
	})
	for _, m := range mutants(x.Answer) {
		add("answer"+m.place, func(x *Exchange) { x.Answer = m.data })
	}
	switch mediaType(x.Header) {
	case "application/json":
		for _, m := range mutants(x.Body) {
			add("body"+m.place, func(x *Exchange) { x.Body = m.data })
		}
	case formType:
		form, err := url.ParseQuery(string(x.Body))
		if err != nil {
			return out
		}
		add("form with an unknown name", func(x *Exchange) { x.Body = []byte("noSuchName=1&" + string(x.Body)) })
		for _, m := range mutants([]byte(form.Get("payload"))) {
			add("payload"+m.place, func(x *Exchange) { x.Body = []byte(url.Values{"payload": {string(m.data)}}.Encode()) })
		}
	}
	return out
}

type mutant struct {
	place string
	data  []byte
}

// mutants returns JSON with one value of a wrong type or one wrong name, for each place. Of the
// items of an array, and of objects of the same form, the first stands for all.
func mutants(data []byte) []mutant {
	value, err := decode(data)
	if err != nil {
		return nil
	}
	var out []mutant
	seen := map[string]bool{}
	emit := func(place string) {
		if changed, err := json.Marshal(value); err == nil && !seen[place] {
			seen[place] = true
			out = append(out, mutant{place, changed})
		}
	}
	var walk func(place string, v any, put func(any))
	walk = func(place string, v any, put func(any)) {
		put(wrongType(v))
		emit(place + " of a wrong type")
		put(v)
		switch v := v.(type) {
		case map[string]any:
			for _, name := range sortedKeys(v) {
				inner := v[name]
				delete(v, name)
				v[name+"Misspelt"] = inner
				emit(place + "." + name + " misspelt")
				delete(v, name+"Misspelt")
				v[name] = inner
				walk(place+"."+name, inner, func(changed any) { v[name] = changed })
			}
		case []any:
			for i, item := range v {
				walk(place+"[]", item, func(changed any) { v[i] = changed })
			}
		}
	}
	walk("", value, func(changed any) { value = changed })
	return out
}

// wrongType is a value of another type, which no schema takes by accident.
func wrongType(v any) any {
	switch v.(type) {
	case string, nil:
		return map[string]any{"noSuchName": 1}
	case map[string]any, []any:
		return "neither an object nor an array"
	default:
		return fmt.Sprint(v) + " in words"
	}
}

func TestMutants(t *testing.T) {
	var got []string
	for _, m := range mutants([]byte(`{"a": [{"b": 1}, {"b": 2}], "c": null}`)) {
		got = append(got, m.place+" "+string(m.data))
	}
	want := strings.Split(strings.TrimSpace(`
 of a wrong type "neither an object nor an array"
.a misspelt {"aMisspelt":[{"b":1},{"b":2}],"c":null}
.a of a wrong type {"a":"neither an object nor an array","c":null}
.a[] of a wrong type {"a":["neither an object nor an array",{"b":2}],"c":null}
.a[].b misspelt {"a":[{"bMisspelt":1},{"b":2}],"c":null}
.a[].b of a wrong type {"a":[{"b":"1 in words"},{"b":2}],"c":null}
.c misspelt {"a":[{"b":1},{"b":2}],"cMisspelt":null}
.c of a wrong type {"a":[{"b":1},{"b":2}],"c":{"noSuchName":1}}`), "\n")
	want[0] = " " + want[0]
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s", strings.Join(got, "\n"))
	}
}
