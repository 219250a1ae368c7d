package contract

import (
	"io/fs"
	"net/url"
	"strings"
	"testing"
)

// Every document in the folder can be read, those of APIs that are not simulated yet too, and
// each of its methods is found by its own path.
func TestEveryMethodIsFound(t *testing.T) {
	specs := Specs(t)
	paths, err := fs.Glob(specs, "google/*.json")
	check(t, err)
	if len(paths) == 0 {
		t.Fatal("there are no discovery documents")
	}
	for _, path := range paths {
		name := strings.TrimSuffix(strings.TrimPrefix(path, "google/"), ".json")
		t.Run(name, func(t *testing.T) {
			d, err := readDiscovery(specs, name)
			check(t, err)
			for _, m := range d.methods {
				segment := placeholder.ReplaceAllString(m.flatPath(), "x1")
				u, err := url.Parse(d.RootURL + d.ServicePath + segment)
				check(t, err)
				x := &Exchange{Method: m.HTTPMethod, URL: u}
				found := d.find(x)
				if found == nil || found.flatPath() != m.flatPath() {
					t.Errorf("%s %s is not found as %s but as %v", m.HTTPMethod, u, m.ID, found)
					continue
				}
				if found.path.FindStringSubmatch(u.EscapedPath()) == nil {
					t.Errorf("%s: %s does not have the form %s", m.ID, u, m.Path)
				}
			}
		})
	}
}

func TestPathsWithNames(t *testing.T) {
	for _, tt := range []struct {
		template, path string
		want           []string
	}{
		{"/v3/{+resource}:getIamPolicy", "/v3/projects/p-1:getIamPolicy", []string{"projects/p-1"}},
		{"/v3/{+resource}:getIamPolicy", "/v3/projects/p-1:setIamPolicy", nil},
		{"/g/{a}/m/{b}", "/g/x%40y.z/m/1", []string{"x%40y.z", "1"}},
		{"/g/{a}/m/{b}", "/g/x/y/m/1", nil},
		{"/g.v1", "/gxv1", nil},
	} {
		re, names, err := compileTemplate(tt.template)
		check(t, err)
		got := re.FindStringSubmatch(tt.path)
		if tt.want == nil {
			if got != nil {
				t.Errorf("%s has the form %s", tt.path, tt.template)
			}
			continue
		}
		if len(got) != len(tt.want)+1 || len(names) != len(tt.want) || got[1] != tt.want[0] {
			t.Errorf("%s in %s: got %v for %v", tt.template, tt.path, got, names)
		}
	}
}
