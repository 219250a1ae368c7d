package slacknotify

import (
	"time"

	"github.com/sekisho/sekisho/shared/domain/change"
	"github.com/sekisho/sekisho/shared/domain/event"
	"github.com/sekisho/sekisho/shared/state/press"
)

var english = language{
	name: "en",
	headings: map[change.State]string{
		change.Proposed:  "Please decide: %s",
		change.Approved:  "Approved, to be done now: %s",
		change.Applying:  "Being done now: %s",
		change.Applied:   "Done: %s",
		change.Undone:    "Taken back: %s",
		change.Denied:    "Denied: %s",
		change.Withdrawn: "No longer needed: %s",
		change.Expired:   "Nobody decided in time: %s",
		change.Reported:  "For information: %s",
		change.Failed:    "Could not be done: %s",
	},
	alert:    "Please look at %s",
	ended:    "Ended: %s",
	kept:     "Not taken back: %s",
	waiting:  "Waiting for a decision: %s",
	again:    "Asked again in a newer message: %s",
	barred:   "To have it back, please ask who looks after accounts in your company: while it is stopped you cannot ask here.",
	listPart: "%s: the list, part %d of %d",
	listedIn: "All %d are listed in %d messages of their own.",
	answered: "Answered in a newer message: %s", extended: "Extended, see the newer message: %s",
	reminder: "Reminder: %s", anew: "Once more: %s",
	follows: " (has to agree with the rest)",
	undoing: "taking back what was done to %s",
	reason:  "Why: %s",
	askedBy: "Asked for by %s.",
	byRule:  "Asked for by the company's rules.",
	needs:   "Needed: %d of %s.",
	among:   "%s (%s)", amongMore: "%s (%s and %d more)",
	nobody:  "%s (nobody at present)",
	missing: "Still needed: %d of %s.", escalated: "It has waited too long: %s may decide it too.",
	until:  "Until %s.",
	review: "To be reviewed by %s. It is asked for every day until somebody has.",
	yes:    "Approved by %s, %s.",
	no:     "Denied by %s, %s.",
	void:   "%s That does not count any more: %s.",
	voids: map[string]string{
		change.Lapsed:  "who approved may not do so any more",
		change.Revised: "what is asked for has changed since",
	},
	problem:  "What happened: %s",
	retried:  "It could not be done yet, and is tried again: %s",
	undoneBy: "It was taken back.",
	holds:    "Holds until %s.",
	buttons:  map[string]string{event.ButtonApprove: "Approve", event.ButtonDeny: "Deny", event.ButtonUndo: "Undo", event.ButtonRetry: "Try again", event.ButtonApproveAll: "Approve all %d", event.ButtonNewLink: "New link"},
	sets: map[string]string{
		"owners": "the owners", "admins": "the administrators", "approvers": "those who may decide about it",
		"manager": "the manager",
	},
	refusals: map[string]string{
		string(change.RefusedState):    "This has been decided already.",
		string(change.RefusedOwn):      "You asked for this yourself, so somebody else has to approve it.",
		string(change.RefusedStranger): "You cannot decide this.",
		string(change.RefusedTwice):    "You have decided this already.",
		string(change.RefusedStale):    "The request has changed since you saw it. Please look at the newest message.",
		string(change.RefusedLate):     "The time to decide this is over.",
		string(change.RefusedBusy):     "This is being done at this moment. Please look again in a minute.",
		string(change.RefusedInvalid):  "This button does not work any more.",
		press.Accepted:                 "",
	},
	decideEach:   " Please decide for each.",
	allDecided:   "Everything here has been decided.",
	stillWaiting: "Still to be decided: %d of %d.", askedIn: "The question is in %s.",
	kinds:   merge(englishSettings, englishAccounts, englishAccess, englishConnections, englishCatalog),
	notices: mergeNotices(englishAccountNotices, englishAccessNotices, englishConnectionNotices, englishCatalogNotices),
	stamp:   "2 Jan 2006 15:04",
	day:     "2 Jan 2006",
	zone:    time.UTC,
}
