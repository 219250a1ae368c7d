package grant_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/shared/domain/grant"
)

func TestParseScope(t *testing.T) {
	for _, test := range []struct {
		kind grant.Kind
		name string
		want string // empty where it is refused
	}{
		{grant.Project, "etl-prj-prd", "project:etl-prj-prd"},
		{grant.Project, "example.com:old", "project:example.com:old"},
		{grant.Project, "415104041262", ""},
		{grant.Project, "ETL", ""},
		{grant.Project, "etl-", ""},
		{grant.Folder, "415104041262", "folder:415104041262"},
		{grant.Folder, "folders/1", ""},
		{grant.Folder, "01", ""},
		{grant.Organization, "1", "organization:1"},
		{grant.Dataset, "etl-prj-prd.sales_2026", "dataset:etl-prj-prd.sales_2026"},
		{grant.Dataset, "sales", ""},
		{grant.Dataset, "etl-prj-prd.sa-les", ""},
		{grant.Bucket, "dumps.example.com", "bucket:dumps.example.com"},
		{grant.Bucket, "Dumps", ""},
		{grant.Bucket, "dumps/2026", ""},
		{grant.Group, "Admins@Example.com", "group:admins@example.com"},
		{grant.Group, "admins", ""},
		{grant.Group, "a@b@c", ""},
		{grant.Group, "a b@c", ""},
		{"cluster", "x", ""},
		{"", "", ""},
	} {
		s, err := grant.ParseScope(test.kind, test.name)
		if test.want == "" {
			if !errors.Is(err, grant.ErrScope) || s != (grant.Scope{}) {
				t.Errorf("%s %q: got %v, error %v; want it refused", test.kind, test.name, s, err)
			}
			continue
		}
		if err != nil || s.ID() != test.want {
			t.Errorf("%s %q: got %s, error %v; want %s", test.kind, test.name, s.ID(), err, test.want)
		}
		if got := s.String(); got != strings.Replace(test.want, ":", " ", 1) {
			t.Errorf("in words: %s", got)
		}
		if s.Conditional() != (s.Kind != grant.Group) {
			t.Errorf("%s: conditional %t", s, s.Conditional())
		}
	}
}

func TestCheckRole(t *testing.T) {
	for _, good := range []string{
		"roles/run.admin", "roles/browser", "roles/owner-like.custom",
		"projects/etl-prj-prd/roles/loader", "projects/example.com:old/roles/Loader_2", "organizations/123/roles/audit",
	} {
		if err := grant.CheckRole(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for bad, says := range map[string]string{
		"roles/owner": "basic role", "roles/editor": "basic role", "roles/viewer": "basic role",
		"run.Admin": "roles/run.admin", "roles/": "full name", "": "full name", "roles/run admin": "full name",
		"folders/1/roles/x": "full name", "roles/run.admin_withcond_2b17cc25d2cd9e2c54d8": "the role itself",
	} {
		if err := grant.CheckRole(bad); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %q in it", bad, err, says)
		}
	}
}
