package notice

// The kinds of notice, with the facts that each needs.
const (
	// AccountWarning says that an account is going to be stopped at Until. Facts: system, account,
	// last (the day of the latest sign-in, empty where there was none), url (where to sign in; empty
	// where that is not known), spared (not empty where it is over because the account is spared now),
	// moved (the same where the account is not stopped on that day), channel (which hears where the
	// person cannot be told).
	AccountWarning Kind = "account.warning"
	// AccountUntold says who could not be shown that their accounts are going to be stopped. Facts:
	// system, more (how many are not named; empty where all are). Rows: account, until (RFC 3339).
	AccountUntold Kind = "account.untold"
	// AccountSummary says what a run found. Facts: system, and numbers in digits: total, active, idle
	// (unused for as many days as the rule says), never, staff, disabled, spared, unknown, falling
	// (those who fall idle within 30 days), used and seats (seats in use and in the contract, empty
	// where nobody said), warned, ended (back in use after a warning), asked, stopped, held,
	// reported, doubtful, untold, postponed; lists of accounts: next (who falls idle first),
	// stopping, doubts, unreached. Rows: role, total, active; and for weeks ahead: from, to, count.
	AccountSummary Kind = "account.summary"
	// AccountRefused says that a run did nothing. Facts: system. Rows: why, one of the doubts of
	// package idle, or its ErrGroupUnread with group, or its ErrClock with ours and, where the vendor
	// tells the time, theirs (RFC 3339).
	AccountRefused Kind = "account.refused"
	// AccessEnding says that access ends at Until. Change is what gave it. Facts: entitlement.
	AccessEnding Kind = "access.ending"
	// AccessDrift says what stands in a project's policy and was not put there by a request, or
	// was changed since. Facts: scope (in English), kind and name of the place. Rows: what (the
	// kind of drift), role, member, change (which gave it, empty where it is outside), title (of a
	// condition that is outside) and text, which says it in English; of what is changed, part
	// (which was edited), is and was.
	AccessDrift Kind = "access.drift"
	// AccessCrowded says that the policy of a place is near IAM's limits. Facts: those of
	// [AccessDrift]. Rows: limit (principals, groups, conditional or size), have, most.
	AccessCrowded Kind = "access.crowded"
	// ConnectionHandover asks the owner of a data source to enter its credentials. Change is
	// what made the connection. Facts: connection, service, requester, url (our own address,
	// which sends the owner on), why (empty, expired, broken or reminder).
	ConnectionHandover Kind = "connection.handover"
	// ConnectionResult says how a connection stands. Facts: connection, service, state (running,
	// done, failed, unclear, stumbled, slow, paused, broken, waiting for its owner, ended, orphan,
	// locked). Rows: test, status, detail; without a test, what the vendor says.
	ConnectionResult Kind = "connection.result"
	// CatalogState says what somebody changed in the data catalogue by hand, and what stays there
	// although policy wants it otherwise. Rows: what; of drift, and of drift in team, of which only
	// who changed the team last is known, step (which puts it back) and by (whom); of stays, code,
	// kind and name of the finding, and text, which says it in English. The last row may have nothing
	// but more, how many were left out.
	CatalogState Kind = "catalog.state"
	// CatalogRefused says that nothing is done about the data catalogue. Rows: text, in English; of
	// what no catalogue can have, kind and name. The last row may have nothing but more.
	CatalogRefused Kind = "catalog.refused"
)
