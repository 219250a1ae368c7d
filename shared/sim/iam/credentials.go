package iam

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// This file is the part of the Service Account Credentials API.
// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken

// longestToken is how long a token lives at most, unless an organisation allows more.
const longestToken = time.Hour

// generateToken gives out a token of a service account, to who may have it: by the role of a
// token creator on the account, or on what it lies in. With delegates each of the chain needs it
// on the next.
func generateToken(c *call) (any, error) {
	var in struct {
		Delegates []string `json:"delegates"`
		Scope     []string `json:"scope"`
		Lifetime  string   `json:"lifetime"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if c.args[0] != "-" {
		return nil, invalid("The resource name must have the form projects/-/serviceAccounts/{ACCOUNT}.")
	}
	if len(in.Scope) == 0 {
		return nil, invalid("Scope field is required.")
	}
	lifetime := longestToken
	if in.Lifetime != "" {
		d, err := time.ParseDuration(in.Lifetime)
		if err != nil || !strings.HasSuffix(in.Lifetime, "s") || d <= 0 {
			return nil, invalid("Invalid lifetime " + in.Lifetime)
		}
		if d > longestToken {
			return nil, invalid(fmt.Sprintf("The token lifetime cannot exceed %d seconds.", int(longestToken.Seconds())))
		}
		lifetime = d
	}
	holder := c.caller.Member
	for _, name := range append(slices.Clone(in.Delegates), "projects/-/serviceAccounts/"+c.args[1]) {
		email, ok := strings.CutPrefix(name, "projects/-/serviceAccounts/")
		if !ok {
			return nil, invalid("Delegates must have the form projects/-/serviceAccounts/{ACCOUNT}.")
		}
		if err := c.mayBe(holder, email); err != nil {
			return nil, err
		}
		holder = "serviceAccount:" + strings.ToLower(email)
	}
	ends := c.now.Add(lifetime).UTC().Truncate(time.Second)
	text := c.s.issue(Caller{Member: holder, Scopes: slices.Clone(in.Scope)}, ends)
	return map[string]string{"accessToken": text, "expireTime": ends.Format(time.RFC3339)}, nil
}

// mayBe refuses a holder who may not have tokens of an account.
func (c *call) mayBe(holder, email string) error {
	const permission = "iam.serviceAccounts.getAccessToken"
	r := c.s.resources["serviceAccounts/"+strings.ToLower(email)]
	if r == nil {
		return &apiError{
			code: http.StatusNotFound, status: "NOT_FOUND", reason: "notFound",
			message: "Not found; Gaia id not found for email " + email,
		}
	}
	if !c.s.has(holder, r, func(role string) bool { return c.s.roleHolds(role, permission) }, c.now) {
		return forbidden("Permission '"+permission+"' denied on resource (or it may not exist).",
			newErrorInfo("IAM_PERMISSION_DENIED", "iam.googleapis.com", map[string]string{"permission": permission}))
	}
	return nil
}

// issue makes a token. The server's lock is held.
func (s *Server) issue(caller Caller, ends time.Time) string {
	s.issued++
	d := sha256.Sum256(fmt.Appendln(nil, s.seed, "token", s.issued, caller.Member))
	text := "ya29." + base64.RawURLEncoding.EncodeToString(d[:])
	s.tokens[text] = token{caller: caller, ends: ends}
	return text
}

// Token makes a token of an account without asking anybody, as an account's own environment
// does, or a person's sign-in. It does not end.
func (s *Server) Token(member string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(Caller{Member: canonical(member), Scopes: slices.Clone(scopes)}, time.Time{})
}
