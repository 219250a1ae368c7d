package grouprefresh_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/sim/org"
)

// Filling takes no more memory for a large company than for a small one: between two pages nothing is
// kept but where the walk stands, and that is as long on the last page as on the first.
func TestAPageOfAWalkIsAsLargeAsAnyOther(t *testing.T) {
	const pages = 20
	r := openCompany(t, wide(200*pages))
	r.tick(t, grouprefresh.JobWalk)
	var stands, reads []int
	for range pages + 1 {
		tasks := r.Queue.Take(event.QueueDirectory)
		r.Store.Read()
		// The next page comes first. The readings of a page's groups are tasks of their own.
		if status := r.Do(r.handler, r.Task(tasks[0])); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, r.Log)
		}
		walk, err := r.Store.Get(t.Context(), store.Key{Collection: "walks", ID: "directory"})
		if err != nil {
			t.Fatal(err)
		}
		reads, stands = append(reads, len(r.Store.Read())), append(stands, len(walk.Data))
		r.Clock.Advance(time.Second)
	}
	// The first page is that of the people.
	early, last := 2, pages-1
	if stands[last] > stands[early]+50 || reads[last] > reads[early]+10 {
		t.Errorf("page %d: %d bytes are kept and %d records read; page %d: %d and %d",
			early, stands[early], reads[early], last, stands[last], reads[last])
	}
}

// wide is a company of so many groups with one member each.
func wide(groups int) *org.Company {
	c := &org.Company{Domain: "example.com", People: []org.Person{{Email: "root@example.com", Admin: true}}}
	for i := range groups {
		c.Groups = append(c.Groups, org.Group{Email: fmt.Sprintf("g%05d@example.com", i), Owners: []string{"root@example.com"}})
	}
	return c
}
