package workspace

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sekisho/sekisho/shared/sim/org"
)

// readOnlySetting is in every answer; what a request says of it is ignored.
// https://developers.google.com/workspace/admin/groups-settings/v1/reference/groups
const readOnlySetting = "customRolesEnabledForSettingsToBeMerged"

// Greatest lengths of texts, in characters.
var longest = map[string]int{
	"name": 75, "description": 4096, "customFooterText": 1_000, "defaultMessageDenyNotificationText": 10_000,
}

// values says which values a setting takes from whom: [org.Setting.Allows] from the API's
// callers, [org.Setting.MayHold] from people, who are offered what Google adds.
type values func(s org.Setting, value string) bool

// checkValue refuses a value that a setting cannot have.
func checkValue(name, value string, take values) error {
	if most, ok := longest[name]; ok && utf8.RuneCountInString(value) > most {
		return invalid(fmt.Sprintf("Invalid Value: %s is longer than %d characters", name, most))
	}
	if s, ok := org.SettingNamed(name); ok && !take(s, value) {
		return invalid(fmt.Sprintf("Invalid Value: %s", name))
	}
	return nil
}

// applySettings returns the settings that a change makes of the present ones, or refuses the
// change as a whole. Both hold only what differs from the defaults.
func applySettings(present, change map[string]string, take values) (map[string]string, error) {
	next := maps.Clone(present)
	if next == nil {
		next = map[string]string{}
	}
	for _, name := range sortedKeys(change) {
		if err := checkValue(name, change[name], take); err != nil {
			return nil, err
		}
		if name != readOnlySetting {
			next[name] = change[name]
		}
	}
	if err := coupleArchive(present, change, next); err != nil {
		return nil, err
	}
	if settingIn(next, "replyTo") == "REPLY_TO_CUSTOM" && settingIn(next, "customReplyTo") == "" {
		return nil, invalid("Invalid Value: customReplyTo must have a value when replyTo is REPLY_TO_CUSTOM")
	}
	if err := checkBreadth(change, next); err != nil {
		return nil, err
	}
	for name, value := range next {
		if s, _ := org.SettingNamed(name); s.Default == value {
			delete(next, name)
		}
	}
	return next, nil
}

// coupleArchive keeps archiveOnly and whoCanPostMessage together, as the reference says: an
// archived group takes no posts, one that comes back takes those of managers, and nobody may
// be shut out otherwise.
func coupleArchive(present, change, next map[string]string) error {
	const archive, post, none = "archiveOnly", "whoCanPostMessage", "NONE_CAN_POST"
	asked, named := change[post]
	switch {
	case settingIn(next, archive) == "true":
		if named && asked != none {
			return invalid("Invalid Value: whoCanPostMessage must be NONE_CAN_POST while archiveOnly is true")
		}
		next[post] = none
	case asked == none:
		return invalid("Invalid Value: whoCanPostMessage cannot be NONE_CAN_POST while archiveOnly is false")
	case settingIn(present, archive) == "true" && !named:
		next[post] = "ALL_MANAGERS_CAN_POST"
	}
	return nil
}

// checkBreadth refuses combinations in which somebody may see or manage the members of a group
// that they may not see. It looks only at pairs that the change touches. The rules are those
// that administrators have met; Google publishes no complete list.
func checkBreadth(change, next map[string]string) error {
	const members, discover, moderate = "whoCanViewMembership", "whoCanDiscoverGroup", "whoCanModerateMembers"
	touches := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { _, ok := change[n]; return ok })
	}
	view := breadth(settingIn(next, members))
	if touches(members, discover) && view > breadth(settingIn(next, discover)) {
		return invalid("WHO_CAN_VIEW_MEMBERSHIP_CANNOT_BE_BROADER_THAN_WHO_CAN_SEE_GROUP")
	}
	if touches(members, moderate) && breadth(settingIn(next, moderate)) > view {
		return invalid("WHO_CAN_MANAGE_MEMBERS_CANNOT_BE_BROADER_THAN_WHO_CAN_VIEW_MEMBERSHIP")
	}
	return nil
}

// circles are the circles of people that values name, with how wide each is.
var circles = []struct {
	prefix string
	width  int
}{
	{"ANYONE", 5},
	{"ALL_IN_DOMAIN", 4},
	{"ALL_MEMBERS", 3},
	{"ALL_MANAGERS", 2},
	{"OWNERS_AND_MANAGERS", 2},
	{"ALL_OWNERS", 1},
	{"OWNERS_ONLY", 1},
}

// breadth orders values from nobody (0) to the whole internet.
func breadth(value string) int {
	for _, c := range circles {
		if strings.HasPrefix(value, c.prefix) {
			return c.width
		}
	}
	return 0
}

// fullSettings is every live setting with its value.
func fullSettings(values map[string]string) map[string]string {
	out := map[string]string{}
	for _, s := range org.Settings() {
		out[s.Name] = settingIn(values, s.Name)
	}
	return out
}
