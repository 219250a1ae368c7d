package contract

import "slices"

// LookerExceptions are the known differences between Looker's OpenAPI document and Looker.
var LookerExceptions = slices.Concat(lookerNulls(), []Exception{
	{
		Operation: "looker.*", At: "status", Text: "401 is no answer of this operation",
		Reason: "https://docs.cloud.google.com/looker/docs/api-troubleshooting: without a token, or with one that has ended",
	},
	{
		Operation: "looker.*", At: "status", Text: "500 is no answer of this operation",
		Reason: "https://docs.cloud.google.com/looker/docs/api-troubleshooting",
	},
	{
		Operation: "looker.*", At: "status", Text: "503 is no answer of this operation",
		Reason: "what stands before an instance that is down says so",
	},
})

// lookerNulls are the credentials that a user does not have.
func lookerNulls() []Exception {
	var out []Exception
	for _, kind := range []string{"email", "google", "ldap", "looker_openid", "oidc", "saml", "totp", "workforce"} {
		out = append(out, Exception{
			Operation: "looker.*", At: "answer*.credentials_" + kind, Text: "it is null",
			Reason: "a user without this kind of credential has null there; a reference in the document cannot say nullable",
		})
	}
	return out
}
