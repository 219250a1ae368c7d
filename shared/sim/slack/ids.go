package slack

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// hashedID returns an identifier in Slack's form that depends only on what it identifies, so
// that it is the same in every run and in whatever order people and channels are added.
func hashedID(prefix, of string) string {
	sum := sha256.Sum256([]byte(prefix + of))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:10]
}

// next returns a new number; it makes the identifiers of short-lived things.
func (s *Server) next() int {
	s.seq++
	return s.seq
}

// secretPart returns the part of an identifier that nobody could guess.
func (s *Server) secretPart(kind string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s", kind, n, s.opt.SigningSecret))
	return hex.EncodeToString(sum[:16])
}

// nextTS returns the next message timestamp: seconds and microseconds, unique in the workspace
// and increasing even while the clock stands still.
func (s *Server) nextTS() string {
	s.lastTS = max(s.opt.Now().UnixMicro(), s.lastTS+1)
	return formatTS(s.lastTS)
}

func formatTS(micros int64) string {
	return fmt.Sprintf("%d.%06d", micros/1e6, micros%1e6)
}

// parseTS reads a timestamp with or without its fraction, in microseconds.
func parseTS(ts string) (int64, bool) {
	seconds, fraction, _ := strings.Cut(ts, ".")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n < 0 || n > 1e11 || len(fraction) > 6 {
		return 0, false
	}
	if fraction == "" {
		return n * 1e6, true
	}
	f, err := strconv.ParseUint(fraction+strings.Repeat("0", 6-len(fraction)), 10, 32)
	if err != nil {
		return 0, false
	}
	return n*1e6 + int64(f), true
}

func timeOfTS(ts string) time.Time {
	micros, _ := parseTS(ts)
	return time.UnixMicro(micros).UTC()
}
