package connection

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// This file tells credentials from settings. It errs on the side of credentials: a setting that
// is taken for one can still be given by the owner, on the connect card.

// LooksSecret reports whether a setting of that name is, or belongs to, a credential. Names are
// in the vendor's form, client_secret, or any other that people use: clientSecret, Client-Secret,
// auth.client_secret.
func LooksSecret(name string) bool {
	words := wordsOf(name)
	joined := strings.Join(words, "")
	if slices.Contains(notSecret, joined) {
		return false
	}
	if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(secretWords, w) }) {
		return true
	}
	return slices.ContainsFunc(secretStems, func(stem string) bool { return strings.Contains(joined, stem) })
}

var (
	// secretWords make a name that of a credential where they stand as a word of their own.
	secretWords = []string{
		"cert", "certs", "cookie", "cookies", "cred", "creds", "jks", "jwt", "key", "keys",
		"otp", "pass", "pat", "pem", "pfx", "pin", "psk", "pwd", "sas",
	}
	// secretStems do so wherever they stand.
	secretStems = []string{
		"accesskey", "accountkey", "apikey", "authcode", "bearer", "certificate", "connectionstring",
		"credential", "keystore", "passcode", "passphrase", "passwd", "password", "privatekey",
		"pwd", "secret", "token", "truststore",
	}
	// notSecret are names that hold such a word and no credential.
	notSecret = []string{"primarykey", "primarykeys", "publickey"}
)

// wordsOf splits a name at everything that is no letter or digit and at capitals, and lowers it.
func wordsOf(name string) []string {
	var words []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
			word = nil
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
			continue
		case unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			flush()
		}
		word = append(word, r)
	}
	flush()
	return words
}

// lastWord is the word of a name that says what it is: the port in tunnel_port.
func lastWord(name string) string {
	words := wordsOf(name)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// LooksSecretValue reports whether a value has the form of a credential, or has one in it:
// somebody pasted a whole connection string where a host was asked for.
func LooksSecretValue(value string) bool {
	return slices.ContainsFunc(secretForms(), func(form *regexp.Regexp) bool { return form.MatchString(value) })
}

// secretForms are forms that vendors publish so that leaks can be found, and those of text in
// which credentials are passed around. They are compiled when the first one is needed.
var secretForms = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*(PRIVATE KEY|CERTIFICATE|PGP)`),
		regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://[^/?#\s]*:[^/?#\s]*@`),                                          // scheme://user:password@
		regexp.MustCompile(`(?i)(^|[^a-z0-9])(password|passwd|pwd|secret|accountkey|sharedaccesskey|sig)\s*=\s*\S`), // Password=…;
		regexp.MustCompile(`\b(AKIA|ASIA)[0-9A-Z]{16}\b`),                                                           // an AWS access key id
		regexp.MustCompile(`\bAIza[0-9A-Za-z_-]{35}`),                                                               // a Google API key
		regexp.MustCompile(`\bya29\.[0-9A-Za-z_-]{10,}`),                                                            // a Google access token
		regexp.MustCompile(`\bxox[abeoprs]-[0-9A-Za-z-]{8,}`),                                                       // a Slack token
		regexp.MustCompile(`\b(gh[opsur]_[0-9A-Za-z]{20,}|github_pat_[0-9A-Za-z_]{20,}|glpat-[0-9A-Za-z_-]{16,})`),
		regexp.MustCompile(`(?i)connect-card(/|%2f)setup(\?|%3f)`),                      // the address of a connect card
		regexp.MustCompile(`\b[rs]k_(live|test)_[0-9A-Za-z]{10,}`),                      // a Stripe key
		regexp.MustCompile(`\beyJ[0-9A-Za-z_-]{6,}\.[0-9A-Za-z_-]{6,}\.[0-9A-Za-z_-]+`), // a JSON web token
	}
})
