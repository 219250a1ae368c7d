package workspace

import (
	"strings"
	"unicode"

	reports "google.golang.org/api/admin/reports/v1"
)

// How each kind of change reads in the three audit applications. Event and parameter names are
// those of https://developers.google.com/workspace/admin/reports/v1/appendix/activity/admin-group-settings,
// …/groups and …/groups-enterprise. Google does not publish what SETTING_NAME and info_setting
// may hold; they are the API names here, in the case of the other names beside them.

func tellMemberAdded(g *group, m member, by actor) happened {
	name := "add_user"
	pairs := []any{"group_email", g.email, "user_email", m.email}
	if by.surface == inGoogleGroups && by.email == m.email {
		// A join names the group only; the member is the actor.
		name, pairs = "join", []any{"group_email", g.email}
	}
	enterprise := "add_member"
	if name == "join" {
		enterprise = "join"
	}
	return happened{
		admin:      []*reports.ActivityEvents{adminEvent("ADD_GROUP_MEMBER", "USER_EMAIL", m.email, "GROUP_EMAIL", g.email)},
		groups:     []*reports.ActivityEvents{groupsEvent(name, pairs...)},
		enterprise: []*reports.ActivityEvents{enterpriseEvent(enterprise, g.email, memberPairs(m, m.role)...)},
	}
}

func tellMemberRemoved(g *group, m member) happened {
	return happened{
		admin:      []*reports.ActivityEvents{adminEvent("REMOVE_GROUP_MEMBER", "USER_EMAIL", m.email, "GROUP_EMAIL", g.email)},
		groups:     []*reports.ActivityEvents{groupsEvent("remove_user", "group_email", g.email, "user_email", m.email)},
		enterprise: []*reports.ActivityEvents{enterpriseEvent("remove_member", g.email, memberPairs(m, m.role)...)},
	}
}

// tellRole tells of a change of role. groups_enterprise tells it as two events of one
// activity; the groups application, which is about Google Groups itself, has no event for it.
func tellRole(g *group, m member, was string) happened {
	return happened{
		admin: []*reports.ActivityEvents{adminEvent("UPDATE_GROUP_MEMBER", "USER_EMAIL", m.email, "GROUP_EMAIL", g.email, "OLD_VALUE", was, "NEW_VALUE", m.role)},
		enterprise: []*reports.ActivityEvents{
			enterpriseEvent("add_member_role", g.email, memberPairs(m, m.role)...),
			enterpriseEvent("remove_member_role", g.email, memberPairs(m, was)...),
		},
	}
}

func memberPairs(m member, role string) []any {
	return []any{"member_id", m.email, "member_role", strings.ToLower(role), "member_type", strings.ToLower(m.kind())}
}

func tellCreated(g *group) happened {
	return happened{
		admin:      []*reports.ActivityEvents{adminEvent("CREATE_GROUP", "GROUP_EMAIL", g.email)},
		groups:     []*reports.ActivityEvents{groupsEvent("create_group", "group_email", g.email)},
		enterprise: []*reports.ActivityEvents{enterpriseEvent("create_group", g.email)},
	}
}

func tellDeleted(g *group) happened {
	return happened{
		admin:      []*reports.ActivityEvents{adminEvent("DELETE_GROUP", "GROUP_EMAIL", g.email)},
		groups:     []*reports.ActivityEvents{groupsEvent("delete_group", "group_email", g.email)},
		enterprise: []*reports.ActivityEvents{enterpriseEvent("delete_group", g.email)},
	}
}

// tellRenamed tells of a new address under the old one.
func tellRenamed(was, is string) happened {
	return happened{
		admin:      []*reports.ActivityEvents{adminEvent("CHANGE_GROUP_EMAIL", "GROUP_EMAIL", was, "NEW_VALUE", is)},
		groups:     []*reports.ActivityEvents{groupsEvent("change_basic_setting", "basic_setting", "email", "group_email", was, "new_value", is, "old_value", was)},
		enterprise: []*reports.ActivityEvents{enterpriseEvent("change_info_setting", was, "info_setting", "email", "old_value", was, "new_value", is)},
	}
}

// tellBulkUpload tells of an upload of memberships, which names no group. Whether
// groups_enterprise shows the single memberships is not documented; it does not here, which is
// the harder case.
func tellBulkUpload(total, failed int) happened {
	return happened{admin: []*reports.ActivityEvents{adminEvent("GROUP_MEMBER_BULK_UPLOAD",
		"GROUP_MEMBER_BULK_UPLOAD_FAILED_NUMBER", failed, "GROUP_MEMBER_BULK_UPLOAD_TOTAL_NUMBER", total)}}
}

// tellSetting adds one changed setting to what happened.
func tellSetting(h *happened, g *group, name, was, is string) {
	switch name {
	case "name":
		h.admin = append(h.admin, adminEvent("CHANGE_GROUP_NAME", "GROUP_EMAIL", g.email, "NEW_VALUE", is))
	case "description":
		h.admin = append(h.admin, adminEvent("CHANGE_GROUP_DESCRIPTION", "GROUP_EMAIL", g.email))
	default:
		h.admin = append(h.admin, adminEvent("CHANGE_GROUP_SETTING", "GROUP_EMAIL", g.email,
			"SETTING_NAME", strings.ToUpper(snake(name)), "OLD_VALUE", was, "NEW_VALUE", is))
	}
	if may, ok := strings.CutPrefix(name, "whoCan"); ok {
		h.groups = append(h.groups, event("acl_change", "change_acl_permission", "acl_permission", "can_"+snake(may),
			"group_email", g.email, "old_value_repeated", circleNames(was), "new_value_repeated", circleNames(is)))
	} else {
		h.groups = append(h.groups, groupsEvent("change_basic_setting", "basic_setting", snake(name),
			"group_email", g.email, "new_value", is, "old_value", was))
	}
	h.enterprise = append(h.enterprise, enterpriseEvent("change_info_setting", g.email,
		"info_setting", snake(name), "old_value", was, "new_value", is))
}

// circleNames lists the people to whom a value gives a permission, narrowest first.
func circleNames(value string) []string {
	return []string{"owners", "managers", "members", "domain", "anyone"}[:breadth(value)]
}

// snake turns whoCanViewGroup into who_can_view_group.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
