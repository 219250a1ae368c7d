package iam_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho/sekisho/shared/adapters/iam"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/sim"
	cloud "github.com/sekisho/sekisho/shared/sim/iam"
)

// Many people ask for access to one project, give it back and extend it, at once and by several
// instances whose clocks differ by up to ten minutes; others edit the policy by hand meanwhile,
// the APIs fail in every way, and instances die before or after a request. Whatever the order:
//
//   - nobody has a role that was not granted, nor for a second longer than it was granted;
//   - who was given access and has neither given it back nor extended it has it until the end;
//   - no entry of others is lost or changed;
//   - of each grant there is one binding for each role at most, and none after a night.
//
// Instances run one at a time, from one request to the next, in an order that is drawn. An
// ordinary run tries a few hundred orders; -rapid.checks=100000 tries as many.
func TestNoAccessPastItsEndAndNoForeignEditLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStage(t)
		defer s.close()
		for range rapid.IntRange(5, 40).Draw(t, "steps") {
			s.act(t)
			s.checkAll(t)
		}
		s.settle(t)
	})
}

// stage is a world in which instances act.
type stage struct {
	now       time.Time
	cloud     *cloud.Server
	faults    *sim.Faults
	hosts     sim.Transport
	instances []*instance
	quit      chan struct{}

	ids      int
	granted  []grant.Grant // whatever was begun to be given
	promised []grant.Grant // what was given, and neither taken nor extended since
	others   []cloud.Binding
}

const simPlace = "projects/etl-prj-prd"

func newStage(t *rapid.T) *stage {
	s := &stage{now: noon, faults: sim.NewFaults(1), quit: make(chan struct{})}
	lag := cloud.Lag{Read: time.Duration(rapid.IntRange(0, 2).Draw(t, "lag")) * time.Second}
	var err error
	s.cloud, err = cloud.New(cloud.Options{
		Company: simCompany(), Now: func() time.Time { return s.now }, Faults: s.faults, Lag: lag, Seed: 1,
		Tokens:         map[string]cloud.Caller{canary: {Member: "serviceAccount:" + granter, Scopes: []string{cloud.ScopeCloudPlatform}}},
		Administrators: []string{"serviceAccount:" + granter},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.cloud.Quota(cloud.Policies).Set(1_000_000, time.Minute)
	s.hosts = sim.Transport{"cloudresourcemanager.googleapis.com": s.cloud}
	s.others, _ = s.cloud.Policy(simPlace)
	s.now = s.now.Add(time.Hour)
	return s
}

// instance is one run of a function: it acts from one request to the next when it is let to.
type instance struct {
	turn  chan turn     // what becomes of its next request
	ready chan struct{} // it has come to its next request, or to its end
	over  bool
	// what it is to do, and what became of it
	give, take *grant.Grant
	err        error
	died       bool
}

// turn says what becomes of an instance at a request.
type turn int

const (
	proceed turn = iota
	dieBefore
	dieAfter
)

// RoundTrip waits for the instance's turn and then lets the request through.
func (s *stage) transport(i *instance) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		next := s.wait(i)
		if next == dieBefore {
			i.died = true
			runtime.Goexit()
		}
		resp, err := (bearer{canary, s.hosts}).RoundTrip(r)
		if next == dieAfter {
			i.died = true
			runtime.Goexit()
		}
		return resp, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// wait stops the instance until it is its turn.
func (s *stage) wait(i *instance) turn {
	i.ready <- struct{}{}
	select {
	case next := <-i.turn:
		return next
	case <-s.quit:
		i.died = true
		runtime.Goexit()
	}
	return dieBefore
}

// start begins an instance whose clock is off by skew, and lets it come to its first request.
func (s *stage) start(t *rapid.T, skew time.Duration, do func(context.Context, *iam.Policies) error) *instance {
	i := &instance{turn: make(chan turn), ready: make(chan struct{}, 1)}
	p, err := iam.NewPolicies(iam.Options{
		Client: &http.Client{Transport: s.transport(i)},
		Now:    func() time.Time { return s.now.Add(skew) },
		Sleep:  func(context.Context, time.Duration) error { s.wait(i); return nil },
		Random: func() float64 { return 0.5 },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.instances = append(s.instances, i)
	go func() {
		defer func() {
			i.over = true
			i.ready <- struct{}{}
		}()
		i.err = do(context.Background(), p)
	}()
	<-i.ready
	return i
}

// step lets an instance make its next request, and come to the one after.
func (s *stage) step(i *instance, next turn) {
	i.turn <- next
	<-i.ready
	if i.over {
		s.finish(i)
	}
}

// finish notes what an instance achieved. Of one that died nobody knows.
func (s *stage) finish(i *instance) {
	s.instances = slices.DeleteFunc(s.instances, func(o *instance) bool { return o == i })
	if i.give != nil && i.err == nil && !i.died {
		s.promised = append(s.promised, *i.give)
	}
}

// close ends what has not ended.
func (s *stage) close() {
	close(s.quit)
	for _, i := range s.instances {
		<-i.ready
	}
}

var (
	simPeople = []string{aiko, ken, "user:yui@example.com"}
	simRoles  = [][]string{{run}, {"roles/bigquery.dataOwner", run}}
	simFaults = []sim.FaultKind{sim.FaultConflict, sim.FaultAppliedBut500, sim.Fault500, sim.FaultTimeout, sim.FaultDown, sim.Fault429}
)

// act does one thing that is drawn.
func (s *stage) act(t *rapid.T) {
	switch rapid.IntRange(0, 9).Draw(t, "act") {
	case 0, 1:
		s.request(t)
	case 2:
		s.giveBack(t)
	case 3:
		s.editByHand(t)
	case 4:
		s.now = s.now.Add(time.Duration(rapid.IntRange(1, 3*3600).Draw(t, "seconds")) * time.Second)
	case 5:
		s.now = s.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "short seconds")) * time.Second)
	case 6:
		s.faults.Add(sim.Fault{API: cloud.Policies, Kind: rapid.SampledFrom(simFaults).Draw(t, "fault"), Rate: 1, Left: rapid.IntRange(1, 3).Draw(t, "times")})
	case 7:
		if len(s.instances) > 0 {
			i := rapid.SampledFrom(s.instances).Draw(t, "victim")
			s.step(i, rapid.SampledFrom([]turn{dieBefore, dieAfter}).Draw(t, "death"))
		}
	default:
		for range rapid.IntRange(1, 6).Draw(t, "requests") {
			if len(s.instances) == 0 {
				return
			}
			s.step(rapid.SampledFrom(s.instances).Draw(t, "instance"), proceed)
			s.checkAll(t)
		}
	}
}

// skew is how far a clock is off: less than [grant.Grace], so that who is ahead clears away nothing
// that still gives access.
func (s *stage) skew(t *rapid.T) time.Duration {
	most := int(grant.Grace/time.Second) - 1
	return time.Duration(rapid.IntRange(-most, most).Draw(t, "skew")) * time.Second
}

// request has an instance give somebody access, on top of what that person has by then.
func (s *stage) request(t *rapid.T) {
	s.ids++
	skew := s.skew(t)
	r := grant.Request{
		Entitlement: grant.Entitlement{
			Name: "etl-maintenance", Scope: prj, Roles: simRoles[1], Eligible: nil, Max: 8 * time.Hour, Approval: grant.BySelf,
		},
		Roles:  rapid.SampledFrom(simRoles).Draw(t, "roles"),
		For:    time.Duration(rapid.IntRange(60, 8*3600).Draw(t, "for")) * time.Second,
		Reason: fmt.Sprintf("https://example.com/some-task-board/%d", s.ids),
	}
	member := rapid.SampledFrom(simPeople).Draw(t, "member")
	var his []grant.Grant
	for _, g := range s.promised {
		if g.Member == member {
			his = append(his, g)
		}
	}
	g, problem := grant.Plan(r, id(s.ids), member, his, s.now.Add(skew))
	if problem != nil {
		return
	}
	s.granted = append(s.granted, g)
	// What it extends gives way to it, whether or not it comes to that.
	s.promised = slices.DeleteFunc(s.promised, func(o grant.Grant) bool { return slices.Contains(g.Replaces, o.ID) })
	i := s.start(t, skew, func(ctx context.Context, p *iam.Policies) error {
		_, err := p.Give(ctx, g)
		return err
	})
	i.give = &g
	if i.over {
		s.finish(i)
	}
}

// giveBack has an instance take what was given, never what is being given.
func (s *stage) giveBack(t *rapid.T) {
	if len(s.promised) == 0 {
		return
	}
	g := rapid.SampledFrom(s.promised).Draw(t, "given")
	s.promised = slices.DeleteFunc(s.promised, func(o grant.Grant) bool { return o.ID == g.ID })
	i := s.start(t, s.skew(t), func(ctx context.Context, p *iam.Policies) error { return p.Take(ctx, g) })
	i.take = &g
	if i.over {
		s.finish(i)
	}
}

// editByHand has somebody else add or remove an entry of their own.
func (s *stage) editByHand(t *rapid.T) {
	s.ids++
	var made cloud.Binding
	gone := -1
	if len(s.others) > 0 && rapid.Bool().Draw(t, "remove") {
		gone = rapid.IntRange(0, len(s.others)-1).Draw(t, "gone")
	} else {
		made = cloud.Binding{Role: "roles/browser", Members: []string{fmt.Sprintf("user:u%d@example.com", s.ids)}}
		// A condition of its own keeps it an entry of its own.
		made.Condition = &cloud.Condition{Title: fmt.Sprint(s.ids), Expression: grant.Expression(s.now.Add(-time.Hour), "")}
	}
	err := s.cloud.EditByHand(simPlace, func(b []cloud.Binding) []cloud.Binding {
		if gone >= 0 {
			return slices.DeleteFunc(b, func(o cloud.Binding) bool { return sameText(o, s.others[gone]) })
		}
		return append(b, made)
	})
	if err != nil {
		t.Fatal(err)
	}
	if gone >= 0 {
		s.others = slices.Delete(s.others, gone, gone+1)
	} else {
		s.others = append(s.others, made)
	}
}

func sameText(a, b cloud.Binding) bool {
	return text([]cloud.Binding{a}) == text([]cloud.Binding{b})
}

// checkAll checks what holds at every moment.
func (s *stage) checkAll(t *rapid.T) {
	bindings, _ := s.cloud.Policy(simPlace)
	ours := map[string]int{}
	foreign := map[string]int{}
	for _, b := range bindings {
		if b.Condition != nil && b.Condition.Description != "" {
			ours[b.Condition.Description+" "+b.Role]++
			continue
		}
		foreign[text([]cloud.Binding{b})]++
	}
	for key, n := range ours {
		if n > 1 {
			t.Fatalf("%d bindings of %s", n, key)
		}
	}
	for _, b := range s.others {
		key := text([]cloud.Binding{b})
		if foreign[key] != 1 {
			t.Fatalf("an entry of others is lost: %s\nin:\n%s", key, text(bindings))
		}
		delete(foreign, key)
	}
	if len(foreign) > 0 {
		t.Fatalf("entries that nobody made: %v", foreign)
	}
	for _, member := range simPeople {
		for _, role := range simRoles[1] {
			covers := func(g grant.Grant) bool {
				return g.Member == member && slices.Contains(g.Roles, role) && s.now.Before(g.Until)
			}
			has := s.cloud.Access(member, simPlace, role, s.now)
			if has && !slices.ContainsFunc(s.granted, covers) {
				t.Fatalf("%s has %s at %s, which was never granted or has ended:\n%s", member, role, s.now, text(bindings))
			}
			if !has && slices.ContainsFunc(s.promised, covers) {
				t.Fatalf("%s lacks %s at %s, which was given:\n%s", member, role, s.now, text(bindings))
			}
		}
	}
}

// settle lets everything come to its end, then a night pass with its cleaning.
func (s *stage) settle(t *rapid.T) {
	for n := 0; len(s.instances) > 0; n++ {
		if n > 10_000 {
			t.Fatal("it never comes to an end")
		}
		s.now = s.now.Add(time.Second)
		s.step(s.instances[n%len(s.instances)], proceed)
		s.checkAll(t)
	}
	s.now = s.now.Add(24 * time.Hour)
	s.faults.Add(sim.Fault{API: cloud.Policies, Kind: sim.FaultConflict, Rate: 1, Left: 2})
	var err error
	for range 20 { // as its queue does, while there are faults left
		i := s.start(t, 0, func(ctx context.Context, p *iam.Policies) error {
			_, err := p.Edit(ctx, prj, grant.Edit{Now: s.now})
			return err
		})
		for !i.over {
			s.now = s.now.Add(time.Second)
			s.step(i, proceed)
		}
		if err = i.err; err == nil {
			break
		}
	}
	s.checkAll(t)
	if n := s.cloud.Bindings(simPlace); err != nil || n != len(s.others) {
		bindings, _ := s.cloud.Policy(simPlace)
		t.Fatalf("after the night, %d entries of others, error %v, and:\n%s", len(s.others), err, text(bindings))
	}
}

// number reads a number from the environment.
func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}
