package fivetran

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/sim"
)

// The results of a setup test.
const (
	Passed    = "PASSED"
	Skipped   = "SKIPPED"
	Warning   = "WARNING"
	Failed    = "FAILED"
	JobFailed = "JOB_FAILED" // Fivetran could not run the test
)

// spendTests counts a request that runs setup tests.
func (c *call) spendTests() error {
	if err := c.s.spend(c.now, setupTests); err != nil {
		return err
	}
	return c.s.spend(c.now, sourceInteraction)
}

func runSetupTests(c *call) (answer, error) {
	var in struct {
		TrustCertificates bool `json:"trust_certificates"`
		TrustFingerprints bool `json:"trust_fingerprints"`
	}
	if err := c.decode(&in); err != nil {
		return answer{}, err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	k := c.s.connection(c.r.PathValue("id"))
	if k == nil {
		return answer{}, connectionNotFound(c.r.PathValue("id"))
	}
	if err := c.spendTests(); err != nil {
		return answer{}, err
	}
	if k.slow > 0 {
		c.s.agenda.At(c.now.Add(k.slow), func(context.Context) {
			c.s.mu.Lock()
			defer c.s.mu.Unlock()
			c.s.runTests(k, c.s.opt.Now(), in.TrustCertificates)
		})
		sim.Drop() // the caller has gone by then
	}
	c.s.runTests(k, c.now, in.TrustCertificates)
	out := k.show()
	out.SetupTests = k.tests
	return answer{message: "Setup tests have been completed", data: out}, nil
}

// runTests runs the setup tests, with what follows for the connection, and reports whether they
// passed. The caller holds the lock.
func (s *Server) runTests(c *connection, now time.Time, trust bool) bool {
	c.trusted = c.trusted || trust
	c.tests = c.results()
	has := func(status string) bool {
		return slices.ContainsFunc(c.tests, func(t testResult) bool { return t.Status == status })
	}
	if has(Failed) || has(JobFailed) {
		if has(Failed) && c.setup != incomplete {
			c.setup = broken
		}
		s.tell(c, now, "connection_failure", "", nil)
		return false
	}
	before := c.setup
	c.setup = connected
	s.tell(c, now, "connection_successful", "", nil)
	if before != connected {
		s.schedule(c, now, 0)
	}
	return true
}

// results are what the tests come to: what a script says, or what follows from the connection.
func (c *connection) results() []testResult {
	if len(c.script) > 0 {
		next := c.script[0]
		if len(c.script) > 1 {
			c.script = c.script[1:]
		}
		return slices.Clone(next)
	}
	var out []testResult
	test := func(title string, ok bool, message string) {
		if ok {
			out = append(out, testResult{Title: title, Status: Passed})
			return
		}
		out = append(out, testResult{Title: title, Status: Failed, Message: message})
	}
	if c.service.certificate {
		out = append(out, testResult{Title: "Connecting to SSH tunnel", Status: Skipped})
		test("Validating certificate", c.trusted, "The certificate is not approved")
	}
	test("Validating credentials", c.authorized && !c.revoked, fmt.Sprintf("%s did not accept the credentials", c.service.name))
	return out
}
