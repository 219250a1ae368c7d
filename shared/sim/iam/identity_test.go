package iam_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/cloudidentity/v1"

	"github.com/sekisho/sekisho/shared/sim"
	"github.com/sekisho/sekisho/shared/sim/iam"
)

const admins = "prod-admins@example.com"

// group looks a group up.
func (w *world) group(email string) string {
	w.t.Helper()
	return must[*cloudidentity.LookupGroupNameResponse](w.t)(w.identity.Groups.Lookup().GroupKeyId(email).Do()).Name
}

func membership(email string, ends time.Time) *cloudidentity.Membership {
	role := &cloudidentity.MembershipRole{Name: "MEMBER"}
	if !ends.IsZero() {
		role.ExpiryDetail = &cloudidentity.ExpiryDetail{ExpireTime: ends.Format(time.RFC3339)}
	}
	return &cloudidentity.Membership{PreferredMemberKey: &cloudidentity.EntityKey{Id: email}, Roles: []*cloudidentity.MembershipRole{role}}
}

func TestAMembershipForATime(t *testing.T) {
	w := newWorld(t)
	check(t, w.cloud.SetBinding(prj, "roles/run.admin", "group:"+admins))
	m, g := w.identity.Groups.Memberships, w.group(admins)
	done := must[*cloudidentity.Operation](t)(m.Create(g, membership("aiko@example.com", begin.Add(time.Hour))).Do())
	if !done.Done {
		t.Error("it is not done")
	}
	name := must[*cloudidentity.LookupMembershipNameResponse](t)(m.Lookup(g).MemberKeyId("aiko@example.com").Do()).Name
	got := must[*cloudidentity.Membership](t)(m.Get(name).Do())
	if got.Name != name || got.Type != "USER" || got.CreateTime != "2026-11-22T00:00:00Z" || len(got.Roles) != 1 || got.Roles[0].ExpiryDetail.ExpireTime != "2026-11-22T01:00:00Z" {
		t.Errorf("got %+v", got)
	}
	if !w.cloud.Access("aiko@example.com", prj, "roles/run.admin", begin) || w.cloud.Access("aiko@example.com", prj, "roles/run.admin", begin.Add(time.Hour)) {
		t.Error("access is not that of the membership")
	}

	modify := func(name string, p *cloudidentity.UpdateMembershipRolesParams) (*cloudidentity.ModifyMembershipRolesResponse, error) {
		return m.ModifyMembershipRoles(name, &cloudidentity.ModifyMembershipRolesRequest{UpdateRolesParams: []*cloudidentity.UpdateMembershipRolesParams{p}}).Do()
	}
	later := &cloudidentity.UpdateMembershipRolesParams{
		FieldMask: "expiry_detail.expire_time", MembershipRole: membership("", begin.Add(2*time.Hour)).Roles[0],
	}
	longer := must[*cloudidentity.ModifyMembershipRolesResponse](t)(modify(name, later))
	if longer.Membership.Roles[0].ExpiryDetail.ExpireTime != "2026-11-22T02:00:00Z" {
		t.Errorf("extended to %+v", longer.Membership.Roles[0])
	}
	_, err := m.Create(g, membership("aiko@example.com", begin.Add(time.Hour))).Do()
	refused(t, err, 409)

	// It ends by itself, on the agenda's clock.
	w.now = begin.Add(2 * time.Hour)
	for w.cloud.Agenda().RunNext(t.Context(), w.now) {
	}
	_, err = m.Get(name).Do()
	refused(t, err, 404)
	_, err = m.Lookup(g).MemberKeyId("aiko@example.com").Do()
	refused(t, err, 404)
	if got := w.cloud.Memberships(admins, w.now); len(got) != 1 {
		t.Errorf("members: %+v", got)
	}

	must[*cloudidentity.Operation](t)(m.Create(g, membership("aiko@example.com", time.Time{})).Do())
	must[*cloudidentity.Operation](t)(m.Delete(name).Do())
	_, err = m.Delete(name).Do()
	refused(t, err, 404)
}

func TestWhatAMembershipMayBe(t *testing.T) {
	w := newWorld(t, func(o *iam.Options) {
		o.Exists = func(m string) bool { return m != "user:ghost@example.com" && m[:5] == "user:" }
	})
	m, g := w.identity.Groups.Memberships, w.group(admins)
	owner := must[*cloudidentity.LookupMembershipNameResponse](t)(m.Lookup(g).MemberKeyId("ken@example.com").Do()).Name
	if got := must[*cloudidentity.Membership](t)(m.Get(owner).Do()); len(got.Roles) != 2 || got.Roles[1].Name != "OWNER" {
		t.Errorf("the owner: %+v", got)
	}
	roles := func(names ...string) *cloudidentity.Membership {
		out := membership("aiko@example.com", time.Time{})
		out.Roles = nil
		for _, n := range names {
			out.Roles = append(out.Roles, &cloudidentity.MembershipRole{Name: n})
		}
		return out
	}
	odd := membership("aiko@example.com", time.Time{})
	odd.Roles[0].ExpiryDetail = &cloudidentity.ExpiryDetail{ExpireTime: "soon"}
	for name, test := range map[string]struct {
		in   *cloudidentity.Membership
		want int
	}{
		"in the past": {membership("aiko@example.com", begin), 400},
		"no time":     {odd, 400},
		"a king":      {roles("KING"), 400},
		"twice":       {roles("MEMBER", "MEMBER"), 400},
		"an owner":    {roles("OWNER", "MEMBER"), 400},
		"no address":  {membership("aiko", time.Time{}), 400},
		"no key":      {&cloudidentity.Membership{}, 400},
		"a ghost":     {membership("ghost@example.com", time.Time{}), 404},
	} {
		_, err := m.Create(g, test.in).Do()
		t.Run(name, func(t *testing.T) { refused(t, err, test.want) })
	}
	for name, p := range map[string]*cloudidentity.ModifyMembershipRolesRequest{
		"the end of an owner": {UpdateRolesParams: []*cloudidentity.UpdateMembershipRolesParams{{FieldMask: "expiry_detail.expire_time", MembershipRole: membership("", begin.Add(time.Hour)).Roles[0]}}},
		"the role of owner":   {UpdateRolesParams: []*cloudidentity.UpdateMembershipRolesParams{{FieldMask: "expiry_detail.expire_time", MembershipRole: &cloudidentity.MembershipRole{Name: "OWNER"}}}},
		"another field":       {UpdateRolesParams: []*cloudidentity.UpdateMembershipRolesParams{{FieldMask: "name", MembershipRole: membership("", begin.Add(time.Hour)).Roles[0]}}},
		"the past":            {UpdateRolesParams: []*cloudidentity.UpdateMembershipRolesParams{{FieldMask: "expiry_detail.expire_time", MembershipRole: membership("", begin).Roles[0]}}},
		"a role more":         {AddRoles: []*cloudidentity.MembershipRole{{Name: "MANAGER"}}},
		"both at once": {
			AddRoles:          []*cloudidentity.MembershipRole{{Name: "MANAGER"}},
			UpdateRolesParams: []*cloudidentity.UpdateMembershipRolesParams{{FieldMask: "expiry_detail.expire_time", MembershipRole: membership("", begin.Add(time.Hour)).Roles[0]}},
		},
	} {
		_, err := m.ModifyMembershipRoles(owner, p).Do()
		t.Run(name, func(t *testing.T) { refused(t, err, 400) })
	}
	_, err := w.identity.Groups.Lookup().GroupKeyId("none@example.com").Do()
	refused(t, err, 403)
	_, err = w.identity.Groups.Lookup().Do()
	refused(t, err, 400)
	_, err = m.Lookup("groups/none").MemberKeyId("ken@example.com").Do()
	refused(t, err, 403)
	_, err = m.Lookup(g).Do()
	refused(t, err, 400)
	hers := w.as(w.cloud.Token(aiko, iam.ScopeGroups))
	_, err = hers.identity.Groups.Memberships.Create(g, membership("aiko@example.com", begin.Add(time.Hour))).Do()
	refused(t, err, 403)
	kens := w.as(w.cloud.Token(ken, iam.ScopeGroups))
	must[*cloudidentity.Operation](t)(kens.identity.Groups.Memberships.Create(g, membership("aiko@example.com", begin.Add(time.Hour))).Do())
}

func TestMembershipsAreListed(t *testing.T) {
	w := newWorld(t)
	m, g := w.identity.Groups.Memberships, w.group(admins)
	check(t, w.cloud.SetMembership(admins, "aiko@example.com", begin.Add(time.Hour)))
	check(t, w.cloud.SetMembership(admins, "etl-team@example.com", time.Time{}))
	check(t, w.cloud.SetMembership(admins, "fn@etl-prj-prd.iam.gserviceaccount.com", time.Time{}))
	var got []string
	for token := ""; ; {
		page := must[*cloudidentity.ListMembershipsResponse](t)(m.List(g).View("FULL").PageSize(3).PageToken(token).Do())
		for _, one := range page.Memberships {
			ends := ""
			if e := one.Roles[0].ExpiryDetail; e != nil {
				ends = e.ExpireTime
			}
			got = append(got, one.PreferredMemberKey.Id+" "+one.Type+" "+ends)
		}
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	want := []string{
		"aiko@example.com USER 2026-11-22T01:00:00Z", "etl-team@example.com GROUP ",
		"fn@etl-prj-prd.iam.gserviceaccount.com SERVICE_ACCOUNT ", "ken@example.com USER ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("memberships (-want +got):\n%s", diff)
	}
	if page := must[*cloudidentity.ListMembershipsResponse](t)(m.List(g).Do()); len(page.Memberships) != 4 || page.Memberships[0].Roles != nil {
		t.Errorf("in the basic view: %+v", page.Memberships[0])
	}
	for kind, n := range map[sim.FaultKind]int{sim.FaultPartial: 2, sim.FaultEmpty: 0} {
		w.faults.Add(sim.Fault{API: iam.Identity, Kind: kind, Rate: 1, Left: 1})
		if page := must[*cloudidentity.ListMembershipsResponse](t)(m.List(g).Do()); len(page.Memberships) != n || page.NextPageToken != "" {
			t.Errorf("%s: %d members", kind, len(page.Memberships))
		}
	}
	_, err := m.List(g).View("ALL").Do()
	refused(t, err, 400)
	_, err = m.List(g).PageSize(1001).Do()
	refused(t, err, 400)
	_, err = m.List(g).PageToken("x").Do()
	refused(t, err, 400)
	if got := w.cloud.Memberships("none@example.com", begin); got != nil {
		t.Errorf("members of nothing: %v", got)
	}
	if err := w.cloud.SetMembership("none@example.com", "x@example.com", begin); err == nil {
		t.Error("a member of nothing")
	}
}
