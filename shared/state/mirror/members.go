package mirror

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/shared/domain/group"
	"github.com/sekisho/sekisho/shared/ports/store"
)

// perChunk is how many members a chunk is planned for; chance makes some a tenth larger. A
// member takes about 100 bytes with its index entry, and 350 where the address is as long as
// addresses can be. A document holds 900 KiB.
const perChunk = 1500

// chunk is a part of a group's members, in the order of their ids.
type chunk struct {
	Group   string   `json:"group"`
	Sum     string   `json:"sum"`
	Members []packed `json:"members"`
}

// packed is a member as it is stored. What most members are is left out: sixty thousand
// members fit into one transaction of Firestore, which takes 10 MiB
// (https://firebase.google.com/docs/firestore/quotas).
type packed struct {
	ID string `json:"i"`
	// Nil is the id: a member without one has its address in its place.
	Email *string `json:"e,omitempty"`
	// Nil is a plain member, a user, active.
	Role   *group.Role `json:"r,omitempty"`
	Type   *group.Type `json:"t,omitempty"`
	Status *string     `json:"s,omitempty"`
}

// Google's words for the state of a member's account.
const (
	active    = "ACTIVE"
	suspended = "SUSPENDED"
)

func pack(m group.Member) packed {
	return packed{
		ID: m.ID, Email: unless(m.Email, m.ID),
		Role: unless(m.Role, group.Plain), Type: unless(m.Type, group.User), Status: unless(m.Status, active),
	}
}

func (p packed) unpack() group.Member {
	return group.Member{
		ID: p.ID, Email: or(p.Email, p.ID),
		Role: or(p.Role, group.Plain), Type: or(p.Type, group.User), Status: or(p.Status, active),
	}
}

// unless returns nil where v is what it usually is.
func unless[T comparable](v, usual T) *T {
	if v == usual {
		return nil
	}
	return &v
}

func or[T any](v *T, usual T) T {
	if v == nil {
		return usual
	}
	return *v
}

var chunks = store.Collection[chunk]{
	Name: "members",
	Fields: func(c chunk) map[string]any {
		ids := make([]string, 0, len(c.Members))
		for _, m := range c.Members {
			ids = append(ids, m.ID)
		}
		return map[string]any{"ids": ids}
	},
}

func chunkID(group string, k int) string { return fmt.Sprintf("%s.%d", group, k) }

// groupOf returns the group whose chunk has an id.
func groupOf(chunkID string) string { return chunkID[:max(0, strings.LastIndexByte(chunkID, '.'))] }

// chunksFor returns how many chunks a group gets that has some already. A few members less
// are no reason to write all of them anew.
func (m *Mirror) chunksFor(members, have int) int {
	n := max(1, (members+m.perChunk-1)/m.perChunk)
	if have > n && have <= 2*n {
		return have
	}
	return n
}

// place says in which of n chunks a member is.
func place(member string, n int) int {
	h := fnv.New32a()
	h.Write([]byte(member))
	return int(h.Sum32() % uint32(n))
}

// split returns members by their chunks, in the order of their ids.
func split(members []group.Member, n int) [][]group.Member {
	out := make([][]group.Member, n)
	for _, m := range members {
		k := place(m.ID, n)
		out[k] = append(out[k], m)
	}
	for _, part := range out {
		slices.SortFunc(part, func(a, b group.Member) int { return cmp.Compare(a.ID, b.ID) })
	}
	return out
}

// sum returns the hash of members in the order of their ids.
func sum(members []group.Member) string {
	var all []byte
	for _, m := range members {
		for _, text := range []string{m.ID, m.Email, string(m.Role), string(m.Type), m.Status} {
			all = append(append(all, text...), 0)
		}
	}
	hash := sha256.Sum256(all)
	return hex.EncodeToString(hash[:16])
}

// errMoved says that a group was stored anew while it was read.
var errMoved = errors.New("the group was stored anew while it was read")

// readTries is how often a group is read that is stored anew all the time.
const readTries = 5

// Snapshot returns a group with all its members by address, as they were read last.
func (m *Mirror) Snapshot(ctx context.Context, idOrAddress string) (group.Snapshot, error) {
	h, members, err := m.Members(ctx, idOrAddress)
	if err != nil {
		return group.Snapshot{}, err
	}
	return group.Snapshot{Group: h.Group, Members: members, Read: h.Read}, nil
}

// Members returns the header of a group and all its members by address, which belong together: whether the members are
// complete stands in this header, and in no other reading of it.
func (m *Mirror) Members(ctx context.Context, idOrAddress string) (Header, []group.Member, error) {
	for try := 1; ; try++ {
		h, err := m.Find(ctx, idOrAddress)
		if err != nil {
			return Header{}, nil, err
		}
		var members []group.Member
		for k := range h.Sums {
			var part []group.Member
			if part, err = readChunk(ctx, m.store, h, k); err != nil {
				break
			}
			members = append(members, part...)
		}
		if errors.Is(err, errMoved) && try < readTries {
			continue
		}
		if err != nil {
			return Header{}, nil, err
		}
		slices.SortFunc(members, func(a, b group.Member) int {
			return cmp.Or(cmp.Compare(a.Email, b.Email), cmp.Compare(a.ID, b.ID))
		})
		return h, members, nil
	}
}

// readChunk returns the members of one chunk as they belong to this header, or [errMoved].
func readChunk(ctx context.Context, r store.Reader, h Header, k int) ([]group.Member, error) {
	c, err := chunks.Get(ctx, r, chunkID(h.Group.ID, k))
	if errors.Is(err, store.ErrNotFound) || err == nil && c.Sum != h.Sums[k] {
		err = errMoved
	}
	if err != nil {
		return nil, fmt.Errorf("read members of %s: %w", h.Group.Email, err)
	}
	out := make([]group.Member, 0, len(c.Members))
	for _, p := range c.Members {
		out = append(out, p.unpack())
	}
	return out, nil
}

// GroupsOf returns the ids of the groups whose direct member this person or group is, sorted.
// Groups that everybody in the company is a member of are not among them.
func (m *Mirror) GroupsOf(ctx context.Context, member string) ([]string, error) {
	q := store.Query{
		Collection: chunks.Name, Limit: store.MaxPage,
		Where: []store.Cond{{Field: "ids", Op: store.Contains, Value: member}},
	}
	var out []string
	for {
		// The name of a chunk says whose it is; there is no need to decode its members.
		page, err := m.store.Query(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("look up the groups of %s: %w", member, err)
		}
		for _, r := range page.Records {
			out = append(out, groupOf(r.Key.ID))
		}
		if q.After = page.Next; q.After == "" {
			slices.Sort(out)
			return slices.Compact(out), nil
		}
	}
}
