package workspace_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/shared/adapters/workspace"
	"github.com/sekisho/sekisho/shared/domain/group"
)

// one is what Google answers during one reading of a group.
type one struct {
	count   int
	pages   map[string]string // token → members as letters, then ">" and the next token
	members int               // the status of members.list if it is not 200
	group   int               // the status of groups.get if it is not 200
}

// readings serves one reading after the other, each beginning with a groups.get, and repeats
// the last one. Members in capitals are groups, "*" is everybody in the company.
func readings(t *testing.T, list ...one) (o workspace.Options, calls *[]string) {
	t.Helper()
	calls = &[]string{}
	at := -1
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/admin/directory/v1/groups/")
		*calls = append(*calls, strings.TrimSuffix(path+"?"+r.URL.Query().Get("pageToken"), "?"))
		if !strings.HasSuffix(path, "/members") {
			at = min(at+1, len(list)-1)
			if s := list[at].group; s != 0 {
				refuse(w, s, "notFound", "Resource Not Found: groupKey")
				return
			}
			show(w, object{"id": "03abc", "email": "data@example.com", "directMembersCount": fmt.Sprint(list[at].count)})
			return
		}
		if s := list[at].members; s != 0 {
			refuse(w, s, "notFound", "Resource Not Found: groupKey")
			return
		}
		letters, next, _ := strings.Cut(list[at].pages[r.URL.Query().Get("pageToken")], ">")
		answer := object{"nextPageToken": next}
		var members []object
		for _, letter := range letters {
			m := object{"id": string(letter), "email": strings.ToLower(string(letter)) + "@example.com", "role": "MEMBER", "type": "USER"}
			switch {
			case letter == '*':
				m["type"] = "CUSTOMER"
			case 'A' <= letter && letter <= 'Z':
				m["type"] = "GROUP"
			}
			members = append(members, m)
		}
		answer["members"] = members
		show(w, answer)
	}), calls
}

// listed is one reading of a listing on a single page.
func listed(count int, members string) one {
	return one{count: count, pages: map[string]string{"": members}}
}

func TestSnapshotIsCompleteOrAnError(t *testing.T) {
	for _, test := range []struct {
		name     string
		readings []one
		want     string // the ids of the members
		err      error
		calls    int
	}{
		{"nobody", []one{listed(0, "")}, "", nil, 2},
		{"as many people as stated", []one{listed(2, "ab")}, "ab", nil, 2},
		{"nested groups are not counted", []one{listed(2, "abXY*")}, "abXY*", nil, 2},
		{"more than stated: the count is behind", []one{listed(1, "abc")}, "abc", nil, 2},
		{"all pages", []one{{count: 5, pages: map[string]string{"": "ab>p2", "p2": "cd>p3", "p3": "e"}}}, "abcde", nil, 4},
		{"an empty page in between", []one{{count: 2, pages: map[string]string{"": "a>p2", "p2": ">p3", "p3": "b"}}}, "ab", nil, 4},

		{"an empty listing of a group with members", []one{listed(3, "")}, "", workspace.ErrIncomplete, 4},
		{"the first page only", []one{{count: 4, pages: map[string]string{"": "ab"}}}, "", workspace.ErrIncomplete, 4},
		{"a person short", []one{listed(3, "ab")}, "", workspace.ErrIncomplete, 4},
		{"a person short beside nested groups", []one{listed(3, "abXYZ")}, "", workspace.ErrIncomplete, 4},
		{"a person short once", []one{listed(3, "ab"), listed(3, "abc")}, "abc", nil, 4},
		{"a removal that the count had not followed", []one{listed(3, "ab"), listed(2, "ab")}, "ab", nil, 4},

		{"twice on two pages", []one{{count: 3, pages: map[string]string{"": "ab>p2", "p2": "bc"}}}, "", workspace.ErrIncomplete, 6},
		{"twice, once", []one{{count: 3, pages: map[string]string{"": "ab>p2", "p2": "bc"}}, listed(3, "abc")}, "abc", nil, 5},
		{"pages in a circle", []one{{count: 4, pages: map[string]string{"": "a>p2", "p2": "b>p3", "p3": "c>p2"}}}, "", workspace.ErrIncomplete, 4},
		{"a page that follows itself", []one{{count: 4, pages: map[string]string{"": "a>p2", "p2": "b>p2"}}}, "", workspace.ErrIncomplete, 3},

		{"no such group", []one{{group: 404}}, "", workspace.ErrNotFound, 1},
		{"a group without a listing", []one{{members: 404}}, "", workspace.ErrIncomplete, 4},
		{"a group without a listing at first", []one{{members: 404}, listed(1, "a")}, "a", nil, 4},
		{"a group that goes while it is read", []one{{members: 404}, {group: 404}}, "", workspace.ErrNotFound, 3},
		{"a group that goes between two readings", []one{listed(2, "a"), {group: 404}}, "", workspace.ErrNotFound, 3},
		{"no access to the members", []one{{members: 400}}, "", workspace.ErrInvalid, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			o, calls := readings(t, test.readings...)
			got, err := newDirectory(t, o).Snapshot(t.Context(), "data@example.com", noon)
			if len(*calls) != test.calls {
				t.Errorf("%d requests, want %d: %q", len(*calls), test.calls, *calls)
			}
			for _, call := range (*calls)[1:] {
				if !strings.HasPrefix(call, "03abc") {
					t.Errorf("request %s does not go by the group's id", call)
				}
			}
			if test.err != nil {
				check(t, err, test.err)
				if diff := cmp.Diff(group.Snapshot{}, got); diff != "" {
					t.Errorf("a snapshot came with the error: %s", diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			ids := ""
			for _, m := range got.Members {
				ids += m.ID
			}
			if ids != test.want {
				t.Errorf("members %q, want %q", ids, test.want)
			}
			if got.Group.ID != "03abc" || !got.Read.Equal(noon) {
				t.Errorf("snapshot of %q at %s", got.Group.ID, got.Read)
			}
		})
	}
}

func TestAListingThatNeverEndsEnds(t *testing.T) {
	calls := 0
	d := newDirectory(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		show(w, object{
			"id": "03abc", "email": "data@example.com", "nextPageToken": fmt.Sprint(calls),
			"members": []object{{"id": fmt.Sprint(calls)}},
		})
	}))
	_, err := d.Snapshot(t.Context(), "data@example.com", noon)
	check(t, err, workspace.ErrIncomplete)
	if calls != 1001 {
		t.Errorf("%d requests, want one for the group and 1000 for its members", calls)
	}
}
