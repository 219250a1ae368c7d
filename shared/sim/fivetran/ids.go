package fivetran

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// digest is the source of all that looks random. It depends on the seed and on what it is for.
func (s *Server) digest(parts ...any) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendln(nil, append([]any{s.opt.Seed}, parts...)...))
}

var (
	idFirst  = strings.Fields("amber brisk calm distant early faint gentle hollow idle jagged keen lofty mellow narrow olive pale quiet rustic sturdy tepid upright velvet woven young")
	idSecond = strings.Fields("anchor bridge canyon drizzle ember furrow gable harvest inlet juniper kettle lantern meadow nettle orchard pebble quarry ridge saddle thicket upland valley willow yonder")
)

// newID makes an id in the form of Fivetran's, two words. The caller holds the lock.
func (s *Server) newID() string {
	for {
		s.made++
		d := s.digest("id", s.made)
		n := binary.BigEndian.Uint64(d[:])
		id := idFirst[n%uint64(len(idFirst))] + "_" + idSecond[n/64%uint64(len(idSecond))]
		if s.made > len(idFirst)*len(idSecond)/4 { // words run out: they can be told apart no more
			id += fmt.Sprintf("_%d", s.made)
		}
		if !s.taken(id) {
			return id
		}
	}
}

func (s *Server) taken(id string) bool {
	for _, c := range s.connections {
		if c.id == id {
			return true
		}
	}
	for _, w := range s.webhooks {
		if w.id == id {
			return true
		}
	}
	return s.group(id) != nil || id == owner
}

// owner is the user to whom the API key belongs.
const owner = "careful_keeper"

// cardClaims are what the token of a connect card says, in the form of Fivetran's.
type cardClaims struct {
	Data struct {
		Login     bool   `json:"login"`
		User      string `json:"user"`
		Group     string `json:"group"`
		Connector string `json:"connector"`
		Method    string `json:"method"`
	} `json:"d"`
	IssuedAt int64 `json:"iat"`
	// Number tells apart the cards of one second.
	Number int `json:"n"`
}

var tokenHeader = base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"HS256"}`))

// cardToken makes the token of a connect card: a JSON web token that only this server can make.
// The caller holds the lock.
func (s *Server) cardToken(c *connection, now time.Time) string {
	s.made++
	claims := cardClaims{IssuedAt: now.Unix(), Number: s.made}
	claims.Data.Login, claims.Data.User, claims.Data.Method = true, owner, "PbfCard"
	claims.Data.Group, claims.Data.Connector = c.group, c.id
	body, _ := json.Marshal(claims) // nothing in it can fail
	text := tokenHeader + "." + base64.RawURLEncoding.EncodeToString(body)
	return text + "." + s.tokenSignature(text)
}

func (s *Server) tokenSignature(text string) string {
	key := s.digest("connect cards")
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// cardLife is how long a connect card can be used after it was made
// (https://fivetran.com/docs/rest-api/getting-started/connect-card).
const cardLife = 24 * time.Hour

// cardOf reads the token of a connect card. The caller holds the lock.
func (s *Server) cardOf(token string, now time.Time) (*connection, error) {
	end := strings.LastIndex(token, ".")
	if end < 0 || !hmac.Equal([]byte(token[end+1:]), []byte(s.tokenSignature(token[:end]))) {
		return nil, fmt.Errorf("connect card: %w", ErrNotFound)
	}
	var claims cardClaims
	_, body, _ := strings.Cut(token[:end], ".")
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return nil, fmt.Errorf("connect card: %w", ErrNotFound)
	}
	c := s.connection(claims.Data.Connector)
	if c == nil {
		return nil, fmt.Errorf("connect card: %w", ErrNotFound)
	}
	if !now.Before(time.Unix(claims.IssuedAt, 0).Add(cardLife)) {
		return nil, ErrExpired
	}
	return c, nil
}
