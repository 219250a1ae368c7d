package desk

import (
	"maps"
	"slices"
	"time"

	"github.com/sekisho/sekisho/shared/domain/connection"
	"github.com/sekisho/sekisho/shared/domain/grant"
	"github.com/sekisho/sekisho/shared/domain/idle"
	"github.com/sekisho/sekisho/shared/ports/queue"
	"github.com/sekisho/sekisho/shared/ports/store"
	"github.com/sekisho/sekisho/shared/state/handover"
	"github.com/sekisho/sekisho/shared/state/standing"
)

// Rules is what policy says of what people can ask for.
type Rules struct {
	Access      []grant.Entitlement
	Accounts    map[string]idle.RequestRule
	Connections connection.Policy
}

// Desks are all desks. A new one is made in [Open] and has its word in [Desks.ByWord]: then Slack's
// commands and the HTTP API have it.
type Desks struct {
	Access     *Access
	Account    *Account
	Connection *Connection
}

// Open opens all desks on what they have in common.
func Open(c Counter, r Rules, s store.Store, q queue.Queue, now func() time.Time) Desks {
	shelf := handover.New(s, r.Connections, now)
	c.from = standing.Sources{Entitlements: r.Access, Connections: shelf}
	return Desks{
		Access:     &Access{Counter: c, Entitlements: r.Access, Now: now, Store: s},
		Account:    &Account{Counter: c, Rules: r.Accounts},
		Connection: &Connection{Counter: c, Rules: r.Connections, Shelf: shelf, Queue: q},
	}
}

// ByWord returns the desks by the word for each, which is also its slash command's.
func (d Desks) ByWord() map[string]Desk {
	return map[string]Desk{"access": d.Access, "account": d.Account, "connect": d.Connection}
}

// Words lists the words of [Desks.ByWord].
func (d Desks) Words() []string { return slices.Sorted(maps.Keys(d.ByWord())) }
