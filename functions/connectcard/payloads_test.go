package connectcard_test

import (
	"encoding/json"
	"strings"
)

func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(out)
}

// payloads are addresses that lead a browser, or a careless program, to somewhere else than to a
// connect card: the techniques of OWASP's test for redirects
// (https://owasp.org/www-project-web-security-testing-guide/, WSTG-CLNT-04), each with each.
func payloads() []string {
	const card, own = "fivetran.com", "console.example.com"
	hosts := []string{"evil.example", "user:pw@evil.example", "evil%2eexample", "evil。example", "2130706433", "[::1]", "ev\til.example"}
	for _, allowed := range []string{card, own} {
		hosts = append(hosts, allowed+".evil.example", "evil"+allowed, "sub."+allowed, allowed+".", strings.ToUpper(allowed), allowed+":8443",
			allowed+"@evil.example", allowed+"\\@evil.example", allowed+"%2f@evil.example", allowed+"\x00.evil.example", "evil.example\\."+allowed,
			"evil.example#@"+allowed, "evil.example?@"+allowed, "evil.example/"+allowed, strings.Replace(allowed, "e", "е", 1), strings.Replace(allowed, ".", "。", 1),
			strings.Replace(allowed, ".", "x", 1), allowed+"%00.evil.example", allowed+"%0d%0a.evil.example", allowed+";.evil.example", allowed+"&@evil.example")
	}
	schemes := []string{
		"https://", "http://", "HTTPS://", "https:/", "https:", "https:///", "https:\\\\", "https:/\\", "https:\t//", " https://", "\x00https://", "\ufeffhttps://",
		"//", "///", "\\\\", "/\\", "/\t/", "\t//", "%2f%2f", "/%2f", "/.//", "〱", "https：//", "https%3a//",
		"javascript:alert(1)//", "java\nscript:alert(1)//", "data:text/html,//", "vbscript:x//", "file://", "blob:https://", "view-source:https://", "x-evil://",
		"", "@", "?", "#", "https://https://", "https://@", "https://" + card + "@", "https://" + card + "\\", "https://" + own + "@",
	}
	paths := []string{"", "/connect-card/setup?auth=x", "/%2e%2e/connect-card/setup?auth=x"}
	var out []string
	for _, scheme := range schemes {
		for _, host := range hosts {
			for _, path := range paths {
				out = append(out, scheme+host+path)
			}
		}
	}
	// Cards of the vendor that would send the browser on to somewhere else.
	for _, host := range hosts {
		out = append(out, "https://"+card+"/connect-card/setup?auth=x&redirect_uri=https%3A%2F%2F"+strings.NewReplacer("%", "%25", " ", "%20", "\\", "%5C", "\t", "%09", "\x00", "%00", "#", "%23", "&", "%26", "?", "%3F").Replace(host))
	}
	return append(out, "https://"+card+"/connect-card/../login", "https://"+card+"/login?auth=x", "https://"+card+"/connect-card/%2e%2e/login", "https://"+card+"/connect-card/setup?auth=x#@evil.example")
}
