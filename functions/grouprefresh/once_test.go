package grouprefresh_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/functions/grouprefresh"
	"github.com/sekisho/sekisho/shared/sim/org"
)

type counting struct {
	next http.RoundTripper
	n    map[string]int
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/members") {
		c.n[r.URL.Path]++
	}
	return c.next.RoundTrip(r)
}

// The first filling of all: nothing happens meanwhile. Every page of members is read once.
func TestTheFirstFillingReadsEveryPageOnce(t *testing.T) {
	c := large(t, 5)
	for g := range 10 {
		big := org.Group{Email: fmt.Sprintf("z%d@example.com", g), Owners: []string{"root@example.com"}}
		for i := range 449 {
			big.Members = append(big.Members, fmt.Sprintf("v%05d@partner.example", i))
		}
		c.Groups = append(c.Groups, big)
	}
	r := openCompany(t, c)
	count := &counting{r.Outbound, map[string]int{}}
	r.Outbound = count
	r.handler = r.Build(grouprefresh.Function)
	r.tick(t, grouprefresh.JobWalk)
	r.work(t)
	total, most := 0, map[int]int{}
	for _, n := range count.n {
		total += n
		most[n]++
	}
	if most[3] != 10 || total != 30+most[1] {
		t.Errorf("%d calls; groups by their number of calls %v", total, most)
	}
}
