package mirror

import "github.com/sekisho/sekisho/shared/ports/store"

// NewSmall returns a mirror whose chunks are planned for so many members.
func NewSmall(s store.Store, perChunk int) *Mirror { return &Mirror{store: s, perChunk: perChunk} }

// PerChunk is how many members a chunk of a usual mirror is planned for.
const PerChunk = perChunk
