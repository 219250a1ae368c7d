package workspace

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// digest is the source of all that looks random: ids, delays, qualifiers. It depends on the
// seed and on what it is for, and on nothing else.
func (s *Server) digest(parts ...any) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendln(nil, append([]any{s.seed}, parts...)...))
}

// groupID makes an id in the form of Google's group ids, fifteen characters of base 36.
func (s *Server) groupID(email string, nth int) string {
	return "0" + base36(s.digest("group", email, nth), 14)
}

// userID makes an id of 21 digits, as users and members from outside have.
func (s *Server) userID(email string) string {
	d := s.digest("user", email)
	return fmt.Sprintf("1%010d%010d", binary.BigEndian.Uint64(d[:])%1e10, binary.BigEndian.Uint64(d[8:])%1e10)
}

func base36(d [sha256.Size]byte, n int) string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	var b strings.Builder
	for _, c := range d[:n] {
		b.WriteByte(alphabet[int(c)%len(alphabet)])
	}
	return b.String()
}

// etag is an opaque quoted tag that changes with the parts.
func (s *Server) etag(parts ...any) string {
	d := s.digest(append([]any{"etag"}, parts...)...)
	return `"` + base64.RawURLEncoding.EncodeToString(d[:20]) + `"`
}

// draw takes a duration out of the range.
func (s *Server) draw(d Delay, parts ...any) time.Duration {
	if d.Max <= d.Min {
		return d.Min
	}
	h := s.digest(append([]any{"delay"}, parts...)...)
	steps := uint64((d.Max-d.Min)/time.Millisecond) + 1
	return d.Min + time.Duration(binary.BigEndian.Uint64(h[:])%steps)*time.Millisecond
}
