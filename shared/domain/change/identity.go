package change

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Slot identifies what is wanted: the kind, the target and the values to be reached. Two
// sensors that see the same thing name the same slot, whatever the values were before and
// whatever else they say about it. A reversal names another slot than what it takes back.
func (p Proposal) Slot() string {
	diff := slices.Clone(p.Diff)
	slices.SortFunc(diff, func(a, b Delta) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.After, b.After))
	})
	h := sha256.New()
	part := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	part(string(p.Kind))
	part(p.Target.ID)
	part(strconv.Itoa(len(diff)))
	for _, d := range diff {
		part(d.Field)
		part(d.After)
	}
	if p.UndoOf != "" {
		part("undo")
		part(p.UndoOf)
	}
	return slots.EncodeToString(h.Sum(nil)[:slotBytes])
}

// slotBytes is how much of the hash names a slot: 120 bits, 24 letters and digits.
const slotBytes = 15

var slots = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ChangeID returns the id of the n-th change in a slot, counted from 1.
func ChangeID(slot string, n int) string { return fmt.Sprintf("%s-%d", slot, n) }

// SlotOf splits an id into its slot and its number there. It is false for every text that
// [ChangeID] does not make of a slot and a number from 1.
func SlotOf(id string) (slot string, n int, ok bool) {
	slot, number, ok := strings.Cut(id, "-")
	if hash, err := slots.DecodeString(slot); !ok || err != nil || slots.EncodeToString(hash) != slot || len(hash) != slotBytes {
		return "", 0, false
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || strconv.Itoa(n) != number {
		return "", 0, false
	}
	return slot, n, true
}
