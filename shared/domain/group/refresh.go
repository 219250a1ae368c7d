package group

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

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
