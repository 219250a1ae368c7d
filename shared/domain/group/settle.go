package group

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Settle is how long to wait after a signal before the group is read, so that Google has
// settled and further events of the same burst share one reading. A nested group's members
// can take up to ten minutes to show
// (https://developers.google.com/workspace/admin/directory/v1/guides/manage-group-members),
// but direct members, which the mirror reads, do not wait for that.
func (t Topic) Settle() time.Duration {
	switch t {
	case AboutSettings:
		return 30 * time.Second
	case AboutGroup:
		// Members cannot be added for up to 45 s after a group was made.
		return time.Minute
	case AboutEverything:
		return 5 * time.Minute
	default:
		return time.Minute
	}
}

// Window returns when a group is to be read after a signal at a time, and the name of that
// reading. Signals of the same topic within one window share a name, so that a burst of them
// is one reading; it happens late enough for Google to have settled.
func Window(t Topic, idOrAddress string, noticed time.Time) (name string, at time.Time) {
	settle := t.Settle()
	n := noticed.UnixNano() / int64(settle)
	at = time.Unix(0, (n+1)*int64(settle)).Add(settle / 2).UTC()
	sum := sha256.Sum256([]byte(Address(idOrAddress)))
	return fmt.Sprintf("%s-%s-%d", t, hex.EncodeToString(sum[:10]), at.Unix()), at
}
