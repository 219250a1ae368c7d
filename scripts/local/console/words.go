package console

import (
	"strings"

	"github.com/sekisho/sekisho/shared/domain/change"
)

// settingWords say in a few words what a setting decides. A setting that is not here goes by
// its name in the API.
var settingWords = map[string]string{
	"whoCanViewGroup":          "Who can read the conversations",
	"whoCanJoin":               "Who can join",
	"whoCanViewMembership":     "Who can see the members",
	"whoCanDiscoverGroup":      "Who can find the group",
	"whoCanPostMessage":        "Who can post",
	"whoCanModerateMembers":    "Who can manage members",
	"whoCanModerateContent":    "Who can moderate content",
	"whoCanLeaveGroup":         "Who can leave",
	"whoCanContactOwner":       "Who can contact the owners",
	"whoCanAddExternalMembers": "Who can add people from outside",
	"allowExternalMembers":     "People from outside may be members",
	"messageModerationLevel":   "Which messages wait for a moderator",
	"archiveOnly":              "Closed for new messages",
	"enabled":                  "The account works",
}

// fieldWords say what the differences of other changes are about. Their values are names.
var fieldWords = map[string]string{
	"last":     "Last used",
	"role":     "Role",
	"roles":    "Roles",
	"system":   "System",
	"person":   "Person",
	"until":    "Until",
	"owner":    "Data owner",
	"service":  "Kind of source",
	"accounts": "Accounts in the listing",
	"used":     "Accounts that were ever used",
	"active":   "Accounts in use",
}

// valueWords say what values mean, by how they begin. The first that fits counts.
var valueWords = []struct{ prefix, words string }{
	{"ANYONE_", "Anyone on the internet"},
	{"ALL_IN_DOMAIN_", "The whole company"},
	{"ALL_MEMBERS", "Members"},
	{"ALL_MANAGERS", "Managers and owners"},
	{"ALL_OWNERS", "Owners"},
	{"OWNERS_AND_MANAGERS", "Managers and owners"},
	{"OWNERS_ONLY", "Owners"},
	{"MANAGERS_ONLY", "Managers"},
	{"INVITED_", "Who is invited"},
	{"CAN_REQUEST_", "Who asks and is let in"},
	{"ONLY_ADMINS_", "Administrators"},
	{"END_USERS_", "Owners of groups"},
	{"NONE", "Nobody"},
	{"MODERATE_ALL_MESSAGES", "All"},
	{"MODERATE_NON_MEMBERS", "Those of non-members"},
	{"MODERATE_NEW_MEMBERS", "Those of new members"},
	{"MODERATE_NONE", "None"},
	{"true", "Yes"},
	{"false", "No"},
}

func wordsForSetting(name string) string {
	if w, ok := settingWords[name]; ok {
		return w
	}
	if w, ok := fieldWords[name]; ok {
		return w
	}
	return name
}

func wordsForValue(setting, value string) string {
	if _, known := settingWords[setting]; !known {
		return value
	}
	for _, w := range valueWords {
		if strings.HasPrefix(value, w.prefix) {
			return w.words
		}
	}
	return value
}

// stateWords name states for people.
var stateWords = map[change.State]string{
	change.Proposed: "Waiting for people", change.Approved: "Approved", change.Applying: "Being applied",
	change.Applied: "Applied", change.Undone: "Undone", change.Denied: "Denied", change.Withdrawn: "Withdrawn",
	change.Expired: "Expired", change.Reported: "Reported", change.Failed: "Failed",
}

var kindWords = map[change.Kind]string{
	change.GroupSettings: "Group settings", change.GroupSettingsPlan: "Group settings past the brake", change.GroupMembersPlan: "Group members past the brake",
	change.AccountDisable: "Stop an account", change.AccountDisablePlan: "Stops past the brake", change.AccountListing: "Listing of accounts",
	change.AccountEnable: "Give an account back", change.AccountCreate: "New account",
	change.AccessGrant: "Access for a time", change.AccessRevoke: "End of access", change.AccessReview: "Look at emergency access",
	change.ConnectionCreate: "New connection", change.ConnectionRenew: "Connection anew", change.CatalogApply: "Data catalogue",
}

var modeWords = map[change.Mode]string{
	change.Auto: "Done without asking", change.Ask: "People decide", change.Report: "Only made known",
}
