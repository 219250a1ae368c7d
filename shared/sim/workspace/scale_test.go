package workspace_test

import (
	"sync"
	"testing"
	"time"

	admin "google.golang.org/api/admin/directory/v1"
	"google.golang.org/api/groupssettings/v1"

	"github.com/sekisho/sekisho/shared/sim/org"
	"github.com/sekisho/sekisho/shared/sim/workspace"
)

func TestALargeCompanyIsListedWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("44,512 groups take seconds under the race detector")
	}
	const groups, memberships, people = 44_512, 373_211, 5_000
	c := must[*org.Company](t)(org.Generate(groups, memberships, people, 1))
	w := newWorld(t, func(o *workspace.Options) { o.Company = c })
	w.google.Quota("directory").Set(1_000_000, time.Second)
	listed, direct := 0, int64(0)
	check(t, w.directory.Groups.List().Customer("my_customer").Pages(t.Context(), func(page *admin.Groups) error {
		listed += len(page.Groups)
		for _, g := range page.Groups {
			direct += g.DirectMembersCount
		}
		return nil
	}))
	if calls, _ := w.calls.Count("directory", "groups.list"); listed != groups || calls != 223 {
		t.Errorf("got %d groups in %d calls, want %d in 223", listed, calls, groups)
	}
	nested := 0
	for _, g := range c.Groups {
		for _, m := range g.Members {
			if m[0] == 'g' {
				nested++
			}
		}
	}
	if direct != int64(memberships-nested) {
		t.Errorf("got %d memberships of people, want %d", direct, memberships-nested)
	}
	mine := 0
	check(t, w.directory.Groups.List().UserKey("u000001@example.com").Pages(t.Context(), func(page *admin.Groups) error {
		mine += len(page.Groups)
		return nil
	}))
	if mine == 0 {
		t.Error("a person is in no group")
	}
}

func TestManyAtOnce(t *testing.T) {
	w := newWorld(t)
	w.watch("admin", newChannel("c"))
	var wg sync.WaitGroup
	errs := make(chan error, 400)
	for i := range 100 {
		wg.Go(func() {
			_, err := w.directory.Groups.List().Customer("my_customer").MaxResults(3).Do()
			errs <- err
		})
		wg.Go(func() {
			_, err := w.settings.Groups.Patch("data@example.com", &groupssettings.Groups{IsArchived: []string{"true", "false"}[i%2]}).Do()
			errs <- err
		})
		wg.Go(func() {
			_, err := w.reports.Activities.List("all", "admin").Do()
			errs <- err
		})
		wg.Go(func() {
			errs <- w.google.SetSetting("product@example.com", "isArchived", []string{"true", "false"}[i%2], "")
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		check(t, err)
	}
	w.advance(time.Hour)
	if got := len(w.hook.got); got != 1+len(w.names("admin")) {
		t.Errorf("got %d notifications for %d entries", got, len(w.names("admin")))
	}
}
