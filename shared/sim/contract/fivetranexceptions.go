package contract

// FivetranExceptions are the known differences between Fivetran's OpenAPI document and Fivetran.
var FivetranExceptions = []Exception{
	{
		Operation: "fivetran.*", At: "*.succeeded_at", Text: "it is null",
		Reason: "the document says in words that it is null before the first sync that ends well, and does not say nullable",
	},
	{
		Operation: "fivetran.*", At: "*.failed_at", Text: "it is null",
		Reason: "the document says in words that it is null before the first sync that fails, and does not say nullable",
	},
	{
		Operation: "fivetran.*", At: "*.config.update_method", Text: "*it is a string, not an object",
		Reason: "the document gives all settings with a choice the type object, and lists texts as their values",
	},
	{
		Operation: "fivetran.*", At: "status", Text: "40* is no answer of this operation",
		Reason: "https://fivetran.com/docs/rest-api/getting-started/api-response-codes lists 400 to 409 for the whole API; the document has them for some operations",
	},
	{
		Operation: "fivetran.*", At: "status", Text: "415 is no answer of this operation",
		Reason: "https://fivetran.com/docs/rest-api/getting-started/api-response-codes lists it for every body",
	},
	{
		Operation: "fivetran.*", At: "status", Text: "429 is no answer of this operation",
		Reason: "https://fivetran.com/docs/rest-api/rate-limiting holds for every request",
	},
	{
		Operation: "fivetran.*", At: "status", Text: "500 is no answer of this operation",
		Reason: "https://fivetran.com/docs/rest-api/getting-started/api-response-codes",
	},
	{
		Operation: "fivetran.*", At: "status", Text: "503 is no answer of this operation",
		Reason: "what stands before a service that is down says so",
	},
}
